"""A docker-registry on loopback with one image in it, and what it costs to pull that by one and by many at once."""

import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time


class Registry:
    def __init__(self, directory, layout):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        os.makedirs(directory)
        self.log = f"{directory}/log"
        with open(f"{directory}/config.yml", "w") as file:
            file.write(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {directory}/data}}}}\nhttp: {{addr: '127.0.0.1:{self.port}'}}\n")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", f"{directory}/config.yml"], stdout=log, stderr=log)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                time.sleep(0.05)
        self.uri = f"docker://127.0.0.1:{self.port}/bench:1"
        self.push(layout)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise OSError(f"{method} {path}: {answer.status}")
        return answer

    def push(self, layout):
        with open(f"{layout}/index.json") as file:
            manifest = json.load(file)["manifests"][0]
        for name in os.listdir(f"{layout}/blobs/sha256"):
            with open(f"{layout}/blobs/sha256/{name}", "rb") as file:
                data = file.read()
            if f"sha256:{name}" == manifest["digest"]:
                document = data
                continue
            place = self.ask("POST", "/v2/bench/blobs/uploads/").getheader("Location")
            place = re.sub(r"^https?://[^/]*", "", place)
            self.ask("PUT", f"{place}{'&' if '?' in place else '?'}digest=sha256:{hashlib.sha256(data).hexdigest()}", data)
        self.ask("PUT", "/v2/bench/manifests/1", document, {"Content-Type": "application/vnd.oci.image.manifest.v1+json"})

    def sent(self):
        """Bytes of blobs that it has given so far, by its access log."""
        time.sleep(0.5)
        with open(self.log) as file:
            return sum(int(found) for found in re.findall(r'"GET /v2/bench/blobs/\S+ HTTP/1.1" 20[06] (\d+)', file.read()))

    def close(self):
        self.process.terminate()
        self.process.wait()


def together(registry, kerr, count, work):
    """Wall seconds, bytes sent, failures, number of different files, of so many pulls at once into an empty cache."""
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    before, start = registry.sent(), time.monotonic()
    environment = dict(os.environ, APPTAINER_CACHEDIR=work)
    pulls = [subprocess.Popen([kerr, "-s", "pull", f"{work}/{i}.sif", registry.uri], env=environment, stderr=subprocess.DEVNULL) for i in range(count)]
    failures = sum(pull.wait() != 0 for pull in pulls)
    wall = time.monotonic() - start
    results = set()
    for i in range(count):
        if os.path.exists(f"{work}/{i}.sif"):
            with open(f"{work}/{i}.sif", "rb") as file:
                results.add(hashlib.file_digest(file, "sha256").hexdigest())
    return wall, registry.sent() - before, failures, len(results)
