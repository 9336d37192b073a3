"""What no schema sees: selectors, mounts and ports that must agree, and the configuration files inside the manifests.

Usage: deploy_check.py BIN_FOLDER    empty: the configuration files are not checked
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
faults = []


def check(holds, what):
    if not holds:
        faults.append(what)


def workloads(documents):
    return [one for one in documents if one["kind"] in ("Deployment", "StatefulSet")]


def check_workload(one, documents):
    name, spec = one["metadata"]["name"], one["spec"]
    pod = spec["template"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    check(spec["selector"]["matchLabels"].items() <= labels.items(), f"{name}: the selector does not choose its own pods")
    volumes = {volume["name"] for volume in pod["volumes"]} | {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
    maps = {other["metadata"]["name"] for other in documents if other["kind"] == "ConfigMap"}
    for volume in pod["volumes"]:
        check("configMap" not in volume or volume["configMap"]["name"] in maps, f"{name}: there is no ConfigMap of volume {volume['name']}")
    for container in pod["containers"]:
        for mount in container["volumeMounts"]:
            check(mount["name"] in volumes, f"{name}: there is no volume {mount['name']}")
        context = container["securityContext"]
        check(context["readOnlyRootFilesystem"] and context["capabilities"]["drop"] == ["ALL"], f"{name}: the container is not confined")
        check_port(name, labels, container, documents)
    check(pod["securityContext"]["runAsNonRoot"], f"{name}: runs as root")


def check_port(name, labels, container, documents):
    port = container["ports"][0]
    services = [other for other in documents if other["kind"] == "Service" and other["spec"]["selector"].items() <= labels.items()]
    check(len(services) == 1, f"{name}: {len(services)} services choose its pods")
    for service in services:
        check(service["spec"]["ports"][0]["targetPort"] == port["name"], f"{name}: the service's port is not the container's")
    config = yaml.safe_load(next(iter(config_of(name, documents)["data"].values())))
    check(config["bind_address"] == f"0.0.0.0:{port['containerPort']}", f"{name}: listens on another port than the manifest says")
    admin = next((other for other in container["ports"] if other["name"] == "admin"), None)
    check(admin is not None, f"{name}: nobody can watch it: it has no port admin")
    if admin is not None:
        check(config["serve"]["admin_address"] == f"0.0.0.0:{admin['containerPort']}", f"{name}: is watched at another port than the manifest says")
        check(any(admin["containerPort"] in [port["port"] for port in rule["ports"]] for other in documents if other["kind"] == "NetworkPolicy" for rule in other["spec"]["ingress"]), f"{name}: no network policy lets Prometheus in")


def config_of(name, documents):
    return next(other for other in documents if other["kind"] == "ConfigMap" and other["metadata"]["name"] == name)


def check_configuration(name, text, folder):
    installed = text.replace("/usr/lib/genvm-modules/config", str(ROOT / "config"))
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work) / f"genvm-module-{name.removeprefix('genvm-')}.yaml"
        path.write_text(installed.replace(f"/var/lib/{name}", work))
        command = [f"{folder}/genvm-modules", "check-config", "--strict", str(path)]
        run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OPENAIKEY": "x", "GENVM_ADMIN_TOKEN": "a-token-of-this-check"}, timeout=60)
        check(run.returncode == 0, f"{name}: check-config: {run.stdout}{run.stderr}")


def check_compose():
    compose = yaml.safe_load((ROOT / "deploy/container/compose.yaml").read_text())
    known = {"image", "build", "command", "env_file", "user", "ports", "volumes", "tmpfs", "read_only", "cap_drop", "security_opt", "stop_grace_period", "restart", "ulimits", "depends_on", "healthcheck"}
    for name, service in compose["services"].items():
        check(set(service) <= known, f"compose: {name}: unknown keys {set(service) - known}")
        check(all(port.startswith("127.0.0.1:") for port in service["ports"]), f"compose: {name} is published beyond this machine")
        for volume in service["volumes"]:
            check(volume.split(":")[0] in compose["volumes"], f"compose: there is no volume {volume}")
        check(service["read_only"] and service["cap_drop"] == ["ALL"], f"compose: {name} is not confined")


def main():
    documents = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/genvm-modules.yaml").read_text()))
    for one in workloads(documents):
        check_workload(one, documents)
        if sys.argv[1]:
            name = one["metadata"]["name"]
            check_configuration(name, next(iter(config_of(name, documents)["data"].values())), sys.argv[1])
    check_compose()
    for fault in faults:
        print(f"deploy: {fault}")
    configurations = "their configuration files too" if sys.argv[1] else "their configuration files unchecked: the programs are not built"
    print(f"deploy: {len(documents)} manifests ({configurations}) and the compose file: {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
