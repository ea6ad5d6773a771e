"""How much memory this process and all its descendants have at this moment.

PSS (proportional set size) shares each page out among the processes that have it, so that the sum over a tree is what the
tree takes of the machine; in the sum of resident sizes, a page that n processes share counts n times.
"""

import os
import re


def tree():
    """The process numbers of this process and its living descendants."""
    pids = [os.getpid()]
    for pid in pids:  # grows as it goes
        pids.extend(_children(pid))
    return pids


def memory():
    """{"processes": n, "tree_pss_kib": KiB, "tree_rss_kib": KiB}; no sizes where the kernel does not tell all of them."""
    pids = tree()
    facts = {"processes": len(pids)}
    try:
        sizes = [_sizes(pid) for pid in pids]
    except OSError:
        return facts
    for key in "Pss", "Rss":
        facts[f"tree_{key.lower()}_kib"] = sum(size[key] for size in sizes)
    return facts


def _children(pid):
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        texts = [_read(f"/proc/{pid}/task/{thread}/children") for thread in threads]
    except OSError:  # it has ended
        return []
    return [int(child) for text in texts for child in text.split()]


def _sizes(pid):
    text = _read(f"/proc/{pid}/smaps_rollup")
    return {key: int(kib) for key, kib in re.findall(r"^(Pss|Rss):\s+(\d+) kB", text, re.MULTILINE)}


def _read(path):
    with open(path) as file:
        return file.read()
