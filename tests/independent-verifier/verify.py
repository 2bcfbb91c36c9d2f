"""Verifies a bundle of Capstan's record with nothing but Python's standard library, from the documented formats alone:
C2SP signed note, checkpoint and tiles, RFC 6962 hashing, RFC 8032 Ed25519. Prints one JSON object; exits 1 when the bundle is not good.
usage: verify.py BUNDLE.tar|FOLDER [VERIFIER-KEY]"""
import base64, hashlib, hmac, json, os, struct, sys, tarfile

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != sign else x

def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    i, j, k, l = f - e, h - g, h + g, f + e
    return (i * j % P, k * l % P, j * k % P, i * l % P)

def times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total

def point_of(data):
    packed = int.from_bytes(data, "little")
    y = packed & (2**255 - 1)
    x = recover_x(y, packed >> 255)
    return None if x is None else (x, y, 1, x * y % P)

BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)
ORDER = 2**252 + 27742317777372353535851937790883648493

def signature_is_good(public, message, signature):
    a, r = point_of(public), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(challenge, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0

class Bad(Exception):
    def __init__(self, why, index=None):
        super().__init__(why)
        self.index = index

def opener(path):
    if os.path.isdir(path):
        return lambda name: open(os.path.join(path, name), "rb").read() if os.path.exists(os.path.join(path, name)) else b""
    tar = tarfile.open(path)
    members = {member.name: member for member in tar.getmembers()}
    return lambda name: tar.extractfile(members[name]).read() if name in members else b""

def tile_name(kind, n, width):
    digits = str(n).rjust(-(-len(str(n)) // 3) * 3, "0")
    groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    return f"tile/{kind}/" + "/".join(["x" + g for g in groups[:-1]] + groups[-1:]) + (f".p/{width}" if width < 256 else "")

def head_of(note, key_text):
    name, key_id, key = key_text.split("+", 2)
    key = base64.b64decode(key)
    if hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] != key_id or key[0] != 1:
        raise Bad("the verifier key is not well formed")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, data = line.split(" ")
        data = base64.b64decode(data)
        if dash == "\u2014" and signer == name and data[:4].hex() == key_id:
            if not signature_is_good(key[1:], text.encode(), data[4:]):
                raise Bad("wrong signature under the head")
            origin, size, root = text.split("\n")[:3]
            if origin != name:
                raise Bad("the head is of another log")
            return int(size), base64.b64decode(root)
    raise Bad("the head is not signed by this key")

def merkle(hashes):
    """Root by the recursive definition, made iterative: complete subtrees on a stack of (leaves, hash)."""
    stack = []
    for one in hashes:
        stack.append((1, one))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (count, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * count, hashlib.sha256(b"\x01" + left + right).digest()))
    root = stack.pop()[1] if stack else hashlib.sha256(b"").digest()
    while stack:
        root = hashlib.sha256(b"\x01" + stack.pop()[1] + root).digest()
    return root

def verify(path, key_text=None):
    read = opener(path)
    manifest = json.loads(read("bundle.json"))
    size, root = head_of(read("checkpoint").decode(), key_text or manifest["verifier"])
    hashes, differing, absent, erased, wrong_payload = [], None, {}, set(), None
    for n in range(-(-size // 256)):
        width = min(256, size - 256 * n)
        data, tile, at, count = read(tile_name("entries", n, width)), read(tile_name(0, n, width)), 0, 0
        payloads = {p["id"]: p for p in map(json.loads, read(f"payloads/{n}.jsonl").decode().split("\n")[:-1])} if manifest["payloads"] else {}
        while at < len(data):
            length, = struct.unpack_from(">H", data, at)
            leaf, at, index = data[at + 2:at + 2 + length], at + 2 + length, 256 * n + count
            if len(leaf) < length:
                raise Bad("an entry is cut", index)
            hashes.append(hashlib.sha256(b"\x00" + leaf).digest())
            if hashes[-1] != tile[32 * count:32 * count + 32] and differing is None:
                differing = index
            count, entry = count + 1, json.loads(leaf)
            if entry["action"] == "payload.erased":
                erased.add(entry["subject"]["id"])
            payload = payloads.get(entry["id"])
            if payload is None:
                absent[entry["id"]] = index
            elif hmac.new(bytes.fromhex(payload["salt"]), payload["payload"].encode(), "sha256").hexdigest() != entry["commitment"] and wrong_payload is None:
                wrong_payload = index
        if count != width:
            raise Bad("entries are missing", 256 * n + count)
    if merkle(hashes) != root or differing is not None:
        raise Bad("an entry is not the one that was signed", differing)
    missing = [index for entry, index in absent.items() if entry not in erased] if manifest["payloads"] else []
    if wrong_payload is not None or missing:
        raise Bad("a payload is not what its entry commits to", wrong_payload if wrong_payload is not None else min(missing))
    return {"ok": True, "entries": len(hashes), "root": root.hex(), "erased": len(absent) if manifest["payloads"] else None}

if __name__ == "__main__":
    try:
        print(json.dumps(verify(*sys.argv[1:])))
    except Bad as bad:
        print(json.dumps({"ok": False, "why": str(bad), "index": bad.index}))
        sys.exit(1)
