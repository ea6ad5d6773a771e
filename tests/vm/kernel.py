"""The guest's kernel: Debian's own image, unpacked but not installed, and the modules that are built against it.

Everything is fetched by apt from the mirror that this machine uses, in one version: what linux-image-amd64 stands for today. It
is kept in the user's cache, modules by a hash of their sources, so that only the first run takes its time (about a minute).
"""
import contextlib
import fcntl
import glob
import hashlib
import json
import lzma
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "joulerig", "vm")
KEPT_FOR = 90 * 86400  # s
# Of the kernel's source, which is GPL-2.0 and never kept in this tree: what becomes the module gpio-sim.
GPIO_SOURCES = ["drivers/gpio/gpio-sim.c", "drivers/gpio/gpiolib.h", "kernel/irq/irq_sim.c"]
UNUSED = ["drivers/gpu", "drivers/net", "drivers/infiniband", "drivers/media", "drivers/scsi", "drivers/staging", "sound", "net/wireless"]
# What the initramfs needs to see the host's files.
BOOT_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"]


class Unavailable(Exception):
    """This machine cannot have a guest; the text says why."""


def say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{' '.join(command)}: {done.stdout.strip()[-2000:]}")
    return done.stdout


# ---- which one ----

def resolve():
    """(release, Debian version) of the kernel that linux-image-amd64 depends on, as in ("6.1.0-13-amd64", "6.1.55-1")."""
    depends = re.search(r"Depends: linux-image-(\d\S*)", run("apt-cache", "depends", "linux-image-amd64"))
    if not depends:
        raise Unavailable("apt-cache knows no linux-image-amd64")
    release = depends.group(1)
    candidate = re.search(r"Candidate: (\d\S*)", run("apt-cache", "policy", f"linux-image-{release}"))
    if not candidate:
        raise Unavailable(f"apt-cache knows no version of linux-image-{release}")
    return release, candidate.group(1)


def packages(release, version):
    series = ".".join(release.split(".")[:2])
    common = re.sub(r"-amd64$", "-common", release)
    return [f"{name}={version}" for name in (f"linux-image-{release}", f"linux-headers-{release}", f"linux-headers-{common}",
                                             f"linux-kbuild-{series}", f"linux-source-{series}")] + ["udev"]


# ---- fetching and unpacking ----

def unpack(folder):
    """Each .deb in `folder` into folder/root (udev's into folder/udev); of the kernel's source only what is needed."""
    running = []
    for deb in sorted(name for name in os.listdir(folder) if name.endswith(".deb")):
        if deb.startswith("linux-source"):
            wanted = " ".join(f"--wildcards '*/{source}'" for source in GPIO_SOURCES)
            command = (f"dpkg-deb --fsys-tarfile '{deb}' 2>/dev/null | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' 2>/dev/null | "
                       f"tar -xJ --occurrence=1 --strip-components=1 -C source {wanted}")
            os.makedirs(os.path.join(folder, "source"), exist_ok=True)
        else:
            command = f"dpkg-deb -x '{deb}' {'udev' if deb.startswith('udev') else 'root'}"
            os.makedirs(os.path.join(folder, "root"), exist_ok=True)
        running.append(subprocess.Popen(["sh", "-c", command], cwd=folder, stderr=subprocess.PIPE, text=True))
    for process in running:
        _, errors = process.communicate()
        if process.returncode:
            raise Unavailable(f"unpacking: {errors.strip()}")


def extract_vmlinux(image, path):
    """The ELF in a bzImage (Linux boot protocol: setup_sects at 0x1f1, payload offset and length at 0x248), which boots faster."""
    with open(image, "rb") as file:
        data = file.read()
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (data[0x1f1] + 1) * 512 + offset
    if data[0x202:0x206] != b"HdrS":
        raise Unavailable(f"{image} is no bzImage")
    if data[start:start + 6] != b"\xfd7zXZ\0":
        raise Unavailable(f"{image} is not compressed by xz")
    with open(path, "wb") as file:
        file.write(lzma.LZMADecompressor().decompress(data[start:start + length]))


def fetch(release, version, folder):
    say(f"fetching Debian's kernel {release} {version}, its headers and source (220 MB, once)")
    run("apt-get", "-q", "download", *packages(release, version), cwd=folder)
    say("unpacking them")
    unpack(folder)
    for name in [name for name in os.listdir(folder) if name.endswith(".deb")]:
        os.unlink(os.path.join(folder, name))
    root = os.path.join(folder, "root")
    extract_vmlinux(os.path.join(root, "boot", f"vmlinuz-{release}"), os.path.join(folder, "vmlinux"))
    for part in UNUSED:
        shutil.rmtree(os.path.join(root, "lib", "modules", release, "kernel", part), ignore_errors=True)


def point_headers_home(image, release):
    """The headers name each other by where a package manager would have put them."""
    common = os.path.join(image, "root", "usr", "src", f"linux-headers-{re.sub('-amd64$', '-common', release)}")
    with open(os.path.join(image, "root", "usr", "src", f"linux-headers-{release}", "Makefile"), "w", encoding="utf-8") as file:
        file.write(f"include {common}/Makefile\n")


def kept_image(release, version):
    """The folder with the unpacked packages; made when it is not there."""
    image = os.path.join(CACHE, f"{release}_{version}")
    if not os.path.exists(os.path.join(image, "vmlinux")):
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=CACHE) as folder:
            fetch(release, version, folder)
            shutil.rmtree(image, ignore_errors=True)
            os.mkdir(image)
            for name in ("source", "udev", "root", "vmlinux"):  # vmlinux last: it says that all is there
                os.rename(os.path.join(folder, name), os.path.join(image, name))
    point_headers_home(image, release)
    return image


# ---- modules ----

def sources_hash():
    digest = hashlib.sha256()
    sources = [f"modules/{name}" for name in os.listdir(os.path.join(HERE, "modules")) if name.endswith((".c", ".h", ".py", "Kbuild"))]
    for name in sorted(sources) + ["init", "kernel.py"]:
        with open(os.path.join(HERE, name), "rb") as file:
            digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()[:16]


def build_modules(image, release, work):
    """Compiles tests/vm/modules and gpio-sim; returns the .ko files."""
    for name in os.listdir(os.path.join(HERE, "modules")):
        if name.endswith((".c", ".h", "Kbuild")):
            shutil.copy(os.path.join(HERE, "modules", name), work)
    run("/usr/bin/python3", os.path.join(HERE, "modules", "adapt.py"), os.path.join(image, "source"), work)
    headers = os.path.join(image, "root", "usr", "src", f"linux-headers-{release}")
    run("make", "-s", "-C", headers, f"M={work}", f"-j{os.cpu_count()}", "modules")
    return [os.path.join(work, name) for name in os.listdir(work) if name.endswith(".ko")]


def make_initramfs(tree, release, path):
    with tempfile.TemporaryDirectory() as work:
        for name in ("bin", "modules", "proc", "dev", "lower", "memory", "root"):
            os.mkdir(os.path.join(work, name))
        shutil.copy("/bin/busybox", os.path.join(work, "bin", "busybox"))
        shutil.copy(os.path.join(HERE, "init"), os.path.join(work, "init"))
        os.chmod(os.path.join(work, "init"), 0o755)
        order = []
        for module in BOOT_MODULES:
            for line in run("/sbin/modprobe", "-d", tree, "-S", release, "--show-depends", module).splitlines():
                words = line.split()
                if words[0] == "insmod" and words[1] not in order:
                    order.append(words[1])
        for i, module in enumerate(order):
            shutil.copy(module, os.path.join(work, "modules", f"{i:02}-{os.path.basename(module)}"))
        names = "\n".join(os.path.relpath(os.path.join(d, n), work) for d, ds, ns in os.walk(work) for n in sorted(ds + ns))
        with open(path, "wb") as file:
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=work, input=names.encode(), stdout=file, check=True)


def kept_modules(image, release):
    """The folder with lib/modules (Debian's and ours) and the initramfs; made when it is not there."""
    folder = os.path.join(image, f"modules-{sources_hash()}")
    if os.path.exists(folder):
        return folder
    say("building the guest's modules and initramfs")
    with tempfile.TemporaryDirectory(prefix="modules-", dir=image) as work:
        tree = os.path.join(work, "tree")
        os.makedirs(os.path.join(tree, "lib", "modules"))
        run("cp", "-al", os.path.join(image, "root", "lib", "modules", release), os.path.join(tree, "lib", "modules"))
        build = os.path.join(work, "build")
        os.mkdir(build)
        extra = os.path.join(tree, "lib", "modules", release, "extra")
        os.mkdir(extra)
        for module in build_modules(image, release, build):
            shutil.copy(module, extra)
        for name in os.listdir(os.path.dirname(extra)):  # linked from Debian's tree: not to be written through
            if name.startswith("modules.") and name not in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
                os.unlink(os.path.join(os.path.dirname(extra), name))
        run("/sbin/depmod", "-b", tree, release)
        make_initramfs(tree, release, os.path.join(tree, "initramfs"))
        os.chmod(tree, 0o755)
        os.rename(tree, folder)
    return folder


def described(image, release, version):
    modules = os.path.join(image, f"modules-{sources_hash()}")
    return {"release": release, "version": version, "vmlinux": os.path.join(image, "vmlinux"), "initramfs": os.path.join(modules, "initramfs"),
            "modules": os.path.join(modules, "lib", "modules"), "udev": os.path.join(image, "udev")}


def forget_old(folder, pattern):
    """What nobody has made anew for long: kernels before the last update, modules of sources that are no more."""
    for path in glob.glob(os.path.join(folder, pattern)):
        if time.time() - os.stat(path).st_mtime > KEPT_FOR:
            shutil.rmtree(path)


def resolve_freshly():
    """The machine's package lists may be missing, or older than its mirror."""
    run("apt-get", "-q", "update")
    return resolve()


def make():
    """With the lock held: all that is not there yet."""
    forget_old(CACHE, "[0-9]*/modules-*")
    forget_old(CACHE, "[0-9]*")
    try:
        release, version = resolve()
        image = kept_image(release, version)
    except Unavailable:
        if os.geteuid() != 0:
            raise
        release, version = resolve_freshly()
        image = kept_image(release, version)
    kept_modules(image, release)
    return described(image, release, version)


def prepare():
    """All that a guest boots from, as a dictionary of paths."""
    with contextlib.suppress(Unavailable):
        release, version = resolve()
        kernel = described(os.path.join(CACHE, f"{release}_{version}"), release, version)
        if all(os.path.exists(kernel[part]) for part in ("vmlinux", "initramfs", "modules", "udev")):
            return kernel
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, "lock"), "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another one that prepares the guest's kernel")
            fcntl.flock(lock, fcntl.LOCK_EX)
        return make()


if __name__ == "__main__":
    print(json.dumps(prepare(), indent=1))
