"""Answers GET /health on port 8080 with the state of this host: 200 when every check passes, 503 when one fails."""

import http.server
import json
import os
import subprocess
import threading
import time
import urllib.request

PORT = int(os.environ.get("HEALTH_PORT", "8080"))
UNIT = os.environ.get("HEALTH_K3S_UNIT", "k3s")
GPUS = int(os.environ.get("HEALTH_GPUS", "0"))
MIN_DISK = float(os.environ.get("HEALTH_MIN_DISK_FREE", "0.10"))
ENOUGH_DISK = float(os.environ.get("HEALTH_ENOUGH_DISK_FREE", str(20 * 2**30)))  # bytes; whatever the ratio
# Bytes; whatever the ratio. A little more than that at which the kubelet evicts pods, `eviction-hard` in config.ts.
LEAST_DISK = float(os.environ.get("HEALTH_LEAST_DISK_FREE", str(6 * 2**30)))
MIN_INODES = float(os.environ.get("HEALTH_MIN_INODES_FREE", "0.05"))
MIN_MEMORY = float(os.environ.get("HEALTH_MIN_MEMORY_FREE", "0.05"))
KUBELET = os.environ.get("HEALTH_KUBELET", "http://127.0.0.1:10248/healthz")
KEEP = 5.0  # seconds for which a report is cached, so that frequent requests do not load the host


def disk(path):
    stat = os.statvfs(path)
    available = stat.f_bavail * stat.f_frsize
    free = stat.f_bavail / stat.f_blocks if stat.f_blocks else 1.0
    inodes = stat.f_favail / stat.f_files if stat.f_files else 1.0
    enough = available >= ENOUGH_DISK or (free >= MIN_DISK and available >= LEAST_DISK)
    return {
        "ok": enough and inodes >= MIN_INODES,
        "path": path,
        "freeBytes": available,
        "freeRatio": round(free, 3),
        "freeInodesRatio": round(inodes, 3),
    }


def disks():
    paths = [path for path in ("/", "/var/lib/rancher") if os.path.isdir(path)]
    seen = {}
    for path in paths:
        seen.setdefault(os.stat(path).st_dev, disk(path))
    return {"ok": all(entry["ok"] for entry in seen.values()), "fileSystems": list(seen.values())}


def memory():
    with open("/proc/meminfo", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    total, available = (int(fields[key].split()[0]) * 1024 for key in ("MemTotal", "MemAvailable"))
    return {"ok": available / total >= MIN_MEMORY, "availableBytes": available, "totalBytes": total}


def k3s():
    active = run("systemctl", "is-active", UNIT).stdout.strip() or "unknown"
    if active != "active":
        return {"ok": False, "unit": UNIT, "state": active}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(KUBELET, timeout=3) as answer:
        said = answer.read(64).decode("ascii", "replace").strip()
    return {"ok": said == "ok", "unit": UNIT, "state": active, "kubelet": said}


def gpu():
    if GPUS == 0:
        return {"ok": True, "expected": 0}
    listed = run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    if listed.returncode != 0:
        return {"ok": False, "expected": GPUS, "error": listed.stderr.strip()[:200] or listed.stdout.strip()[:200]}
    names = [line.strip() for line in listed.stdout.splitlines() if line.strip()]
    return {"ok": len(names) >= GPUS, "expected": GPUS, "found": len(names), "names": names}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=8, check=False)


CHECKS = {"disk": disks, "memory": memory, "k3s": k3s, "gpu": gpu}


def since():
    """When this host started. From process 1, as a container shares its machine's uptime."""
    with open("/proc/stat", encoding="ascii") as file:
        booted = next(int(line.split()[1]) for line in file if line.startswith("btime "))
    with open("/proc/1/stat", encoding="ascii") as file:
        ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    moment = booted + ticks / os.sysconf("SC_CLK_TCK")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def examine():
    checks = {}
    for name, check in CHECKS.items():
        try:
            checks[name] = check()
        except Exception as error:  # a check that fails to run counts as failed, with its reason
            checks[name] = {"ok": False, "error": f"{type(error).__name__}: {error}"[:200]}
    healthy = all(check["ok"] for check in checks.values())
    return {"healthy": healthy, "host": os.uname().nodename, "since": since(), "checks": checks}


class Report:
    def __init__(self):
        self.lock = threading.Lock()
        self.value = None
        self.until = 0.0

    def get(self):
        with self.lock:
            if time.monotonic() >= self.until:
                self.value = examine()
                self.until = time.monotonic() + KEEP
            return self.value


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 5
    server_version = "health"
    sys_version = ""
    report = Report()

    def do_GET(self):
        if self.path.split("?", 1)[0] != "/health":
            return self.answer(404, {"error": "the only path is /health"})
        report = self.report.get()
        return self.answer(200 if report["healthy"] else 503, report)

    do_HEAD = do_GET

    def answer(self, status, body):
        text = (json.dumps(body) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, *_):
        """Silent: monitors send a request every few seconds."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", PORT), Handler).serve_forever()
