#include "browser/cell_flags.h"

#include <fmt/format.h>

#include <string_view>

namespace gvm::browser {
namespace {

constexpr std::string_view kFixed[] = {
    "--headless=new",
    // All traffic goes through the proxy, including loopback and link-local.
    "--proxy-bypass-list=<-loopback>",
    // The browser resolves no names: the proxy does that.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--dns-prefetch-disable",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    // No traffic that the browser starts by itself.
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
    // Disables everything with which a page could reach a person or a device.
    "--autoplay-policy=user-gesture-required",
    "--deny-permission-prompts",
    "--disable-notifications",
    "--disable-print-preview",
    "--disable-speech-api",
    "--mute-audio",
    "--noerrdialogs",
    // A page in the background keeps running, because no page is ever in the foreground.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-hang-monitor",
    "--disable-renderer-backgrounding",
    // The same pixels on every machine.
    "--disable-3d-apis",
    "--disable-gpu",
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
    // Limits the use of the private file system.
    "--disk-cache-size=67108864",
    "--media-cache-size=16777216",
};

// Client hints would reveal version and platform; the other features fetch, resolve, upgrade or
// start something.
constexpr std::string_view kDisabledFeatures =
    "UserAgentClientHint,AsyncDns,AutofillServerCommunication,BackForwardCache,"
    "CertificateTransparencyComponentUpdater,DialMediaRouteProvider,DnsOverHttpsUpgrade,"
    "GlobalMediaControls,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,"
    "InterestFeedContentSuggestions,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationGuideModelDownloading,OptimizationHints,PaintHolding,Prerender2,"
    "PrivacySandboxSettings4,SegmentationPlatform,Translate,WebTransport";

// Chromium reads one list of these settings, and of a setting the last mention counts: an
// operator's come first. An animated image (GIF, APNG, WebP, AVIF) shows its first picture, and SVG
// animations do not run: blink::mojom::ImageAnimationPolicy::kImageAnimationPolicyNoAnimation.
constexpr std::string_view kBlinkSettings = "--blink-settings=";
constexpr std::string_view kStillImages = "imageAnimationPolicy=2";

}  // namespace

std::vector<std::string> browser_arguments(const Appearance& appearance,
                                           const std::vector<std::string>& more) {
  std::vector<std::string> out(std::begin(kFixed), std::end(kFixed));
  std::string blink(kBlinkSettings);
  for (const std::string& argument : more) {
    if (argument.starts_with(kBlinkSettings))
      blink += argument.substr(kBlinkSettings.size()) + ",";
    else
      out.push_back(argument);
  }
  out.push_back(blink + std::string(kStillImages));
  out.push_back(fmt::format("--disable-features={}", kDisabledFeatures));
  out.push_back("--disable-blink-features=WebTransport");
  out.push_back(fmt::format("--window-size={},{}", appearance.width, appearance.height));
  out.push_back(fmt::format("--force-device-scale-factor={}", appearance.scale));
  out.push_back("--lang=" + appearance.language);
  out.push_back("--accept-lang=" + appearance.language);
  if (!appearance.user_agent.empty()) out.push_back("--user-agent=" + appearance.user_agent);
  return out;
}

std::string managed_policy() {
  return R"({
  "URLBlocklist": ["file://*", "chrome://*", "chrome-untrusted://*", "devtools://*",
                   "view-source:*", "filesystem:*", "ftp://*"],
  "URLAllowlist": ["chrome://newtab"],
  "DownloadRestrictions": 3,
  "AllowFileSelectionDialogs": false,
  "AudioCaptureAllowed": false,
  "AutofillAddressEnabled": false,
  "AutofillCreditCardEnabled": false,
  "BackgroundModeEnabled": false,
  "BrowserSignin": 0,
  "BuiltInDnsClientEnabled": false,
  "ComponentUpdatesEnabled": false,
  "DefaultGeolocationSetting": 2,
  "DefaultNotificationsSetting": 2,
  "DefaultPopupsSetting": 2,
  "DefaultSensorsSetting": 2,
  "DefaultSerialGuardSetting": 2,
  "DefaultWebBluetoothGuardSetting": 2,
  "DefaultWebHidGuardSetting": 2,
  "DefaultWebUsbGuardSetting": 2,
  "DefaultFileSystemReadGuardSetting": 2,
  "DefaultFileSystemWriteGuardSetting": 2,
  "DnsOverHttpsMode": "off",
  "ExtensionInstallBlocklist": ["*"],
  "MetricsReportingEnabled": false,
  "NetworkPredictionOptions": 2,
  "PasswordManagerEnabled": false,
  "PrintingEnabled": false,
  "QuicAllowed": false,
  "SafeBrowsingProtectionLevel": 0,
  "ScreenCaptureAllowed": false,
  "SearchSuggestEnabled": false,
  "SyncDisabled": true,
  "TranslateEnabled": false,
  "VideoCaptureAllowed": false,
  "WebRtcIPHandling": "disable_non_proxied_udp"
}
)";
}

}  // namespace gvm::browser
