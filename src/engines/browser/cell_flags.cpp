#include "browser/cell_flags.h"

#include <fmt/format.h>

#include <string_view>

namespace gvm::browser {
namespace {

constexpr std::string_view kFixed[] = {
    "--headless=new",
    // All traffic through the proxy, loopback and link-local included.
    "--proxy-bypass-list=<-loopback>",
    // No name is resolved here: the proxy does that.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--dns-prefetch-disable",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    // Nothing of its own accord.
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
    // Nothing a page could use to reach a person or a device.
    "--autoplay-policy=user-gesture-required",
    "--deny-permission-prompts",
    "--disable-notifications",
    "--disable-print-preview",
    "--disable-speech-api",
    "--mute-audio",
    "--noerrdialogs",
    // A page in the background goes on: nobody looks at any of them.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-hang-monitor",
    "--disable-renderer-backgrounding",
    // The same pixels everywhere.
    "--disable-3d-apis",
    "--disable-gpu",
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
    // Bounds on the private file system.
    "--disk-cache-size=67108864",
    "--media-cache-size=16777216",
};

// Client hints tell version and platform; the others fetch, resolve, upgrade or start things.
constexpr std::string_view kDisabledFeatures =
    "UserAgentClientHint,AsyncDns,AutofillServerCommunication,BackForwardCache,"
    "CertificateTransparencyComponentUpdater,DialMediaRouteProvider,DnsOverHttpsUpgrade,"
    "GlobalMediaControls,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,"
    "InterestFeedContentSuggestions,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationGuideModelDownloading,OptimizationHints,PaintHolding,Prerender2,"
    "PrivacySandboxSettings4,SegmentationPlatform,Translate,WebTransport";

}  // namespace

std::vector<std::string> browser_arguments(const Appearance& appearance) {
  std::vector<std::string> out(std::begin(kFixed), std::end(kFixed));
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
