"""Takes what the campaign found into the committed seeds: few and small inputs that together reach the same.

Seeds that a person named stay; the others, named by their SHA-1 as libFuzzer names them, are chosen anew.
"""
import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

from targets import ROUTE, command, grown, program_of, seed_folders, seeds

FILE_LARGEST, BYTES_MOST = 16 << 10, 160 << 10


def files_most(target):
    return 60 if program_of(target) == ROUTE else 200


def features_of(target, folders, scratch):
    """{path: the features that libFuzzer sees in it}, by its merge, which survives inputs that kill the target."""
    control, merged = Path(scratch) / "control", Path(scratch) / "merged"
    merged.mkdir()
    subprocess.run(
        ["nice", *command(target), "-merge=1", f"-merge_control_file={control}", "-timeout=60", "-rss_limit_mb=3000", str(merged), *map(str, folders)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    lines = control.read_text().splitlines()
    count = int(lines[0])
    paths, seen = [Path(line) for line in lines[2:2 + count]], {}
    for line in lines[2 + count:]:
        words = line.split()
        if words[:1] == ["FT"]:
            seen[paths[int(words[1])]] = frozenset(map(int, words[2:]))
    return seen


def choose(target, seen, kept):
    """Greedy: first all edges (a feature is an edge and how often it was taken, in eight steps), then what else fits."""
    chosen = list(kept)
    size = sum(path.stat().st_size for path in kept)
    small = sorted((path for path in seen if path not in kept and path.stat().st_size <= FILE_LARGEST), key=lambda path: path.stat().st_size)
    for view in (lambda features: {feature // 8 for feature in features}, set):
        reached = set().union(*(view(seen[path]) for path in chosen if path in seen)) if chosen else set()
        views = {path: view(seen[path]) for path in small if path not in chosen}
        while views and len(chosen) < files_most(target):
            best = max(views, key=lambda path: len(views[path] - reached) / (1024 + path.stat().st_size))
            if not views[best] - reached:
                break
            if size + best.stat().st_size <= BYTES_MOST:
                chosen.append(best)
                size += best.stat().st_size
                reached |= views[best]
            del views[best]
    return chosen


def minimise(target):
    folder = seeds(target)
    folders = [each for each in (*seed_folders(target), grown(target)) if each.is_dir() and any(each.iterdir())]
    if not folders:
        return 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        seen = features_of(target, folders, scratch)
        named = [path for path in seen if path.parent != grown(target) and not re.fullmatch("[0-9a-f]{40}", path.name)]
        contents = [path.read_bytes() for path in choose(target, seen, named) if path not in named]
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path in seen and path not in named:
            path.unlink()
    for content in contents:
        (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)
    files = list(folder.iterdir())
    return len(files), sum(path.stat().st_size for path in files)
