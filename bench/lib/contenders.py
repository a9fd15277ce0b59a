"""The command lines that are compared, and the files that they need."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field

BUSYBOX = "/bin/busybox"
PROGRAMS = ("sh", "true", "sleep", "cat", "ls", "id")


@dataclass
class Contender:
    """One row: a command that ends in a payload. `beside` names the row that it is held against."""

    name: str
    command: list
    beside: str = ""
    environment: dict = field(default_factory=dict)
    directory: str = "/"
    waiting: list = None  # the same start with a payload that stays; None where there is no payload
    companion: list = None  # runs beside all rounds, in the same environment


def prepare(source, out, work, user):
    """Makes trees, SIF, bundle and hello world below `work`; returns the contenders in the table's order."""
    tree, full = os.path.join(work, "tree"), os.path.join(work, "full")
    make_tree(tree, user)
    environment = {
        "HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "SHELL": "/bin/sh",
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm",
    }

    # A tree of its own: the user must be able to reach the programs, wherever the checkout is.
    programs = os.path.join(work, "out")
    shutil.copytree(out, programs, symlinks=True)
    kerr = os.path.join(programs, "bin", "kerr")
    sif = os.path.join(work, "tree.sif")
    subprocess.run([kerr, "--quiet", "build", sif, tree], check=True)
    os.chmod(sif, 0o644)
    box = os.path.join(work, "box")  # the same image as a directory, with the scripts that a build gives it
    subprocess.run([kerr, "--quiet", "build", "--sandbox", box, sif], check=True)

    view = View(kerr, tree, user, environment)
    make_full_tree(tree, full, view)

    rows = []

    def row(name, start, beside="bwrap", given=None, payload="/bin/true", companion=None):
        rows.append(Contender(
            name, [*start, payload], beside, given or environment, user.pw_dir, [*start, "/bin/sleep", "3"], companion))

    rows.append(Contender("no container", [BUSYBOX, "true"], "bwrap", environment, user.pw_dir, None))
    row("bwrap", view.bwrap(full, work), given=view.environment)
    row("kerr exec DIR", [kerr, "exec", tree])
    row("kerr exec DIR, nothing missing in it", [kerr, "exec", full])
    row("kerr exec --contain DIR", [kerr, "exec", "--contain", tree])
    row("kerr exec --containall DIR", [kerr, "exec", "--containall", tree])
    row("kerr exec SIF", [kerr, "exec", sif])
    bare = "kerr exec DIR, payload of 1 KB"
    job = {**environment, "SLURM_JOB_ID": "1"}  # a job of its own shares with nobody else
    row(bare, [kerr, "exec", box], payload="/bin/nothing")
    row("kerr exec SIF, payload of 1 KB", [kerr, "exec", sif], beside=bare, payload="/bin/nothing")
    row("kerr exec SIF, mounted already, payload of 1 KB", [kerr, "exec", sif], beside=bare, given=job, payload="/bin/nothing",
        companion=[kerr, "exec", sif, "/bin/sleep", "600"])
    suid, image = install_setuid(source, out, work, sif)
    row("kerr exec DIR, setuid starter", [suid, "exec", tree])
    row("kerr exec DIR, setuid starter, payload of 1 KB", [suid, "exec", box], beside=bare, payload="/bin/nothing")
    row("kerr exec SIF, setuid starter, mounted by the kernel, payload of 1 KB", [suid, "exec", image],
        beside="kerr exec DIR, setuid starter, payload of 1 KB", payload="/bin/nothing")
    row("ch-run DIR", ["/usr/bin/ch-run", full, "--"])
    bundle = make_bundle(work, full, view, user)
    rows.append(Contender(
        "crun", bundle("start", ["/bin/true"]), "bwrap", {**environment, "XDG_RUNTIME_DIR": os.path.join(work, "run")},
        user.pw_dir, bundle("wait", ["/bin/sleep", "3"])))

    hello = publish_hello(source, work)
    rows.append(Contender("hello world", [hello], "", environment, user.pw_dir))
    rows.append(Contender("kerr version", [kerr, "version"], "hello world", environment, user.pw_dir))
    return rows


def setuid_prefix(work):
    """Below /opt: every directory that leads to a set-uid program must be root's alone, so the place of the other files will not do."""
    return "/opt/" + os.path.basename(work)


def install_setuid(source, out, work, sif):
    """The setuid starter, and an image that the kernel may mount."""
    prefix = setuid_prefix(work)
    for tool in (["install-tree", out, prefix, "", prefix], ["install-setuid", out, prefix]):
        subprocess.run([os.path.join(source, "tools", tool[0]), *tool[1:]], check=True, stdout=subprocess.DEVNULL)
    configuration = os.path.join(prefix, "etc", "kerr", "kerr.conf")
    text = read(configuration).replace("allow setuid-mount squashfs = iflimited", "allow setuid-mount squashfs = yes")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(text)
    image = os.path.join(prefix, "tree.sif")
    shutil.copy(sif, image)
    os.chmod(image, 0o644)
    return os.path.join(prefix, "bin", "kerr"), image


class View:
    """What the payload sees by default, as `kerr explain --json` tells it."""

    def __init__(self, kerr, tree, user, environment):
        told = subprocess.run(
            ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", "--",
             kerr, "explain", "--json", "exec", tree, "/bin/true"],
            check=True, capture_output=True, env=environment, cwd=user.pw_dir)
        plan = json.loads(told.stdout)
        self.tree = tree
        self.binds, self.files, self.directories = [], {}, []
        self.environment = {change["name"]: change["value"] for change in plan["environment"]}
        for step in plan["steps"]:
            if step["step"] == "Mount" and "target" in step:
                self.binds.append((step.get("source") or "session:" + step["fromSession"], step["target"], step["flags"]))
            elif step["step"] in ("Passwd", "Group"):
                name = step["step"].lower()
                lines = step["lines"] if "lines" in step else [step["line"]]
                self.files["session:" + name] = read(os.path.join(tree, "etc", name)) + "\n".join(lines) + "\n"
            elif step["step"] == "WorkingDirectory":
                self.directories = step["directories"]

    def sources(self, work):
        """(source, target, flags) of every bind; files that kerr writes at each start lie ready here."""
        for source, target, flags in self.binds:
            if source.startswith("session:"):
                path = os.path.join(work, source.replace("session:", "file-"))
                if not os.path.exists(path):
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(self.files[source])
                    os.chmod(path, 0o644)
                source = path
            yield source, target, flags

    def bwrap(self, root, work):
        command = ["/usr/bin/bwrap", "--unshare-user", "--ro-bind", root, "/"]
        for source, target, flags in self.sources(work):
            kind = "--ro-bind" if "ro" in flags else "--bind" if "nodev" in flags else "--dev-bind"
            command += [kind, source, target]
        return command + ["--chdir", self.directories[0], "--"]


def make_tree(tree, user):
    for name in ("bin", "etc", "dev", "proc", "sys", "tmp", "var/tmp", "home", "root", "usr/bin"):
        os.makedirs(os.path.join(tree, name), exist_ok=True)
    shutil.copy(BUSYBOX, os.path.join(tree, "bin", "busybox"))
    for name in PROGRAMS:
        os.symlink("busybox", os.path.join(tree, "bin", name))
    make_nothing(os.path.join(tree, "bin", "nothing"))
    for name, text in {"passwd": "root:x:0:0:root:/root:/bin/sh\n", "group": "root:x:0:\n", "hosts": "",
                       "os-release": 'NAME="Busybox of Debian"\n'}.items():
        with open(os.path.join(tree, "etc", name), "w", encoding="utf-8") as file:
            file.write(text)


def make_nothing(path):
    """A program of 1 KB that ends at once: what is measured with it is the start alone, not the reading of a program from the image."""
    source = 'void _start(void) { __asm__("syscall" : : "a"(231), "D"(0)); }'
    subprocess.run(["gcc", "-Os", "-static", "-nostdlib", "-Wl,--build-id=none,-z,noseparate-code", "-s", "-x", "c", "-", "-o", path],
                   input=source, text=True, check=True)


def make_full_tree(tree, full, view):
    """The tree with every target of a mount in it: bwrap 0.8 has no overlay, and makes none in a tree it may not write."""
    shutil.copytree(tree, full, symlinks=True)
    for source, target, _ in view.binds:
        path = full + target
        if source.startswith("session:") or not os.path.isdir(source):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "a", encoding="utf-8").close()
        else:
            os.makedirs(path, exist_ok=True)


def make_bundle(work, root, view, user):
    """An OCI bundle of the same view, without cgroup; a function that answers the command line for a payload."""
    run = os.path.join(work, "run")
    os.makedirs(run)
    os.chown(run, user.pw_uid, user.pw_gid)

    def bundle(name, payload):
        folder = os.path.join(work, "bundle-" + name)
        os.makedirs(folder)
        mounts = []
        for source, target, flags in view.sources(work):
            options = ["rbind", "nosuid"] + [flag for flag in ("ro", "nodev") if flag in flags]
            mounts.append({"destination": target, "type": "bind", "source": source, "options": options})
        configuration = {
            "ociVersion": "1.0.0",
            "process": {
                "user": {"uid": user.pw_uid, "gid": user.pw_gid}, "args": payload, "cwd": view.directories[0],
                "env": [f"{name}={value}" for name, value in view.environment.items()], "noNewPrivileges": True,
            },
            "root": {"path": root, "readonly": True},
            "mounts": mounts,
            "linux": {
                "namespaces": [{"type": "user"}, {"type": "mount"}],
                "uidMappings": [{"containerID": user.pw_uid, "hostID": user.pw_uid, "size": 1}],
                "gidMappings": [{"containerID": user.pw_gid, "hostID": user.pw_gid, "size": 1}],
            },
        }
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
            json.dump(configuration, file)
        return ["/usr/bin/crun", "--root", run, "--cgroup-manager=disabled", "run", "--bundle", folder, "bench-" + name]

    return bundle


def publish_hello(source, work):
    """The smallest NativeAOT program, published as anybody would."""
    place = os.path.join(work, "hello")
    subprocess.run(
        ["dotnet", "publish", os.path.join(source, "bench", "hello"), "-c", "Release", "-v", "quiet", "--nologo", "-o", place],
        check=True, stdout=subprocess.DEVNULL)
    return os.path.join(place, "hello")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
