"""Mounts an image by each contender, and runs the tests in it, cold and warm."""

import ctypes
import os
import random
import shutil
import subprocess
import tempfile
import time

LIBC = ctypes.CDLL(None, use_errno=True)
READ_ONLY, DETACH = 1, 2
RANDOM_READS = 6_000


class Directory:
    """The tree itself."""

    name = "directory"

    def __init__(self, image, tree, server):
        self.path = tree

    def end(self):
        pass


class Kernel:
    name = "kernel"

    def __init__(self, image, tree, server):
        self.path = tempfile.mkdtemp(prefix="kerr-bench.")
        subprocess.run(["mount", "-t", "squashfs", "-o", "loop,ro", image, self.path], check=True)

    def end(self):
        subprocess.run(["umount", self.path], check=True)
        os.rmdir(self.path)


class Squashfuse:
    name = "squashfuse_ll"

    def __init__(self, image, tree, server):
        self.path = tempfile.mkdtemp(prefix="kerr-bench.")
        self.process = subprocess.Popen(["squashfuse_ll", "-f", image, self.path], stderr=subprocess.DEVNULL)
        while not os.path.ismount(self.path):
            time.sleep(0.002)

    def end(self):
        subprocess.run(["umount", self.path], check=True)
        self.process.wait()
        os.rmdir(self.path)


class Kerr:
    """The image server, mounted with the options that the starter gives."""

    name = "kerr"

    def __init__(self, image, tree, server):
        self.path = tempfile.mkdtemp(prefix="kerr-bench.")
        fuse, file = os.open("/dev/fuse", os.O_RDWR), os.open(image, os.O_RDONLY)
        options = f"fd={fuse},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions"
        if LIBC.mount(b"kerr", self.path.encode(), b"fuse", READ_ONLY, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount")
        self.process = subprocess.Popen(
            [server, f"fuse={fuse}", f"image={file}", "offset=0", f"length={os.path.getsize(image)}", "cache=16777216"], pass_fds=(fuse, file))
        os.close(fuse)
        os.close(file)

    def end(self):
        subprocess.run(["umount", self.path], check=True)
        self.process.wait()
        os.rmdir(self.path)


CONTENDERS = [Kernel, Kerr, Squashfuse, Directory]


def read_large(path, numbers):
    readers = [
        subprocess.Popen(["dd", f"if={path}/opt/large/large{number}", "of=/dev/null", "bs=1M"], stderr=subprocess.DEVNULL) for number in numbers]
    for reader in readers:
        if reader.wait() != 0:
            raise OSError("dd failed")


def read_random(path):
    rand = random.Random(1)
    for name in ("large1", "large2", "large3"):
        file = os.open(f"{path}/opt/large/{name}", os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
        pages = os.fstat(file).st_size // 4096
        for _ in range(RANDOM_READS // 3):
            os.pread(file, 4096, rand.randrange(pages) * 4096)
        os.close(file)


def shell(text):
    def run(path):
        subprocess.run(["sh", "-c", text, "sh", path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return run


TESTS = {
    "1 reader": lambda path: read_large(path, [0]),
    "4 readers": lambda path: read_large(path, [0, 1, 2, 3]),
    "random 4 KiB": read_random,
    "walk with stat": shell("find \"$1/usr\" \"$1/opt\" -xdev -printf '%s\\n' | wc -l"),
    "small files": shell("tar cf - -C \"$1\" opt/small | wc -c"),
    "import": shell("chroot \"$1\" python3 -c 'import numpy, scipy.linalg, scipy.sparse, pandas'"),
}


def measure(label, image, tree, server, only, times):
    """One round: every test by every contender that is installed; adds seconds to times[test, label, contender, phase]."""
    for test, run in TESTS.items():
        if only and test not in only:
            continue
        for kind in CONTENDERS:
            if kind is Squashfuse and not shutil.which("squashfuse_ll"):
                continue
            drop_caches()
            contender = kind(image, tree, server)
            try:
                for phase in ("cold", "warm"):
                    began = time.monotonic()
                    run(contender.path)
                    times.setdefault((test, label, kind.name, phase), []).append(time.monotonic() - began)
            finally:
                contender.end()


def memory(image, server):
    """The server's largest resident set in KiB after everything was read by four readers."""
    drop_caches()
    contender = Kerr(image, None, server)
    try:
        read_large(contender.path, [0, 1, 2, 3])
        shell("tar cf - -C \"$1\" . | wc -c")(contender.path)
        read_random(contender.path)
        with open(f"/proc/{contender.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    finally:
        contender.end()


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="utf-8") as file:
        file.write("3\n")
