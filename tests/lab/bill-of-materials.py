#!/usr/bin/env python3
"""Lists what a release is made of, as CycloneDX 1.5.

    tests/lab/bill-of-materials.py TARGET > FILE        in the folder of Cargo.toml and Cargo.lock

Crates that end up in the program and those that run while it is built; not what only tests use. Checksums are those of
the lock file, which cargo compares with what it downloads.
"""
import json
import re
import subprocess
import sys
import tomllib

LINE = re.compile(r"(?P<depth>\d+)(?P<name>\S+) v(?P<version>\S+)")


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments, "--locked"], check=True, capture_output=True, text=True).stdout


def needed(target):
    """What each package needs itself, by name and version. The tree knows the features in use; the metadata does not."""
    tree = cargo("tree", "--edges", "normal,build", "--target", target, "--prefix", "depth", "--format", "{p}")
    found, path = {}, []
    for line in tree.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        package, depth = (match["name"], match["version"]), int(match["depth"])
        found.setdefault(package, set())
        del path[depth:]
        if path:
            found[path[-1]].add(package)
        path.append(package)
    return found


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, checksums, kind):
    entry = {
        "type": kind,
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "purl": reference(package),
    }
    if package.get("license"):
        # Old crates separate alternatives with a slash.
        expression = " ".join(package["license"].replace("/", " OR ").split())
        entry["licenses"] = [{"expression": expression}]
    if package.get("description"):
        entry["description"] = " ".join(package["description"].split())
    if package.get("repository"):
        entry["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    checksum = checksums.get((package["name"], package["version"]))
    if checksum:
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return entry


def main():
    found = needed(sys.argv[1])
    with open("Cargo.lock", "rb") as lock:
        checksums = {
            (package["name"], package["version"]): package.get("checksum")
            for package in tomllib.load(lock)["package"]
        }
    metadata = json.loads(cargo("metadata", "--format-version", "1"))
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    root = next(iter(found))
    others = sorted((packages[key] for key in found if key != root), key=reference)
    for package in others:
        registered = (package["source"] or "").startswith("registry+")
        if not registered or not checksums.get((package["name"], package["version"])):
            sys.exit(f"{reference(package)} does not come from a registry with a checksum")
        if not package.get("license"):
            sys.exit(f"{reference(package)} names no licence")
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(packages[root], checksums, "application")},
        "components": [component(package, checksums, "library") for package in others],
        "dependencies": [
            {
                "ref": reference(packages[key]),
                "dependsOn": sorted(reference(packages[dependency]) for dependency in dependencies),
            }
            for key, dependencies in sorted(found.items())
        ],
    }
    json.dump(bill, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
