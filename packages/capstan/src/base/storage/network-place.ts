import { existsSync, readFileSync, realpathSync, statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { sha256 } from "../foundation/hashing.ts";

/** By the number that Linux gives to a kind of file system. SQLite's log needs memory that all who use it share, and these are shared by machines. */
const networkKinds: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x00c36400: "Ceph",
  0x5346414f: "AFS",
  0x73757245: "Coda",
  0x01021997: "9p",
  0x0bd00bd0: "Lustre",
  0x47504653: "GPFS",
  0x01161970: "GFS2",
  0x7461636f: "OCFS2",
  0x19830326: "BeeGFS",
};
const fuse = 0x65735546;
const networkFuse = /^fuse\.(sshfs|s3fs|gcsfuse|goofys|mountpoint-s3|rclone|glusterfs|ceph|juicefs|cifs|davfs2?|blobfuse2?)$/;

/** The true path of a folder, of which the last parts may not exist yet. */
const trueFolder = (path: string): string => (existsSync(path) ? realpathSync(path) : join(trueFolder(dirname(path)), basename(path)));
const existingFolder = (path: string): string => (existsSync(path) ? path : existingFolder(dirname(path)));

/** The name of the network file system that a folder lies on, or will; undefined when it is local, or when this machine cannot say. */
export function findNetworkFileSystem(folder: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  const there = existingFolder(folder);
  const kind = statfsSync(there).type;
  return kind === fuse ? networkFuse.exec(fuseKindOf(realpathSync(there)))?.[1] : networkKinds[kind];
}

/** The kind that the mount which holds a path calls itself, such as `fuse.sshfs`. */
function fuseKindOf(path: string): string {
  let best = { at: "", kind: "" };
  for (const line of readFileSync("/proc/self/mounts", "utf8").split("\n")) {
    const [, escaped = "", kind = ""] = line.split(" ");
    const at = escaped.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    if ((path === at || path.startsWith(at.endsWith("/") ? at : `${at}/`)) && at.length >= best.at.length) best = { at, kind };
  }
  return best.kind;
}

export type DatabasePlace = {
  /** Where `capstan.db` lives. */
  folder: string;
  /** The network file system because of which that is not the store's folder. */
  because?: string;
};

/** The database lives in the store's folder, unless that is on a network file system: then in the person's state folder on this machine, by the store's path. Blobs stay where they are. */
export function databasePlace(
  storeFolder: string,
  home: string,
  findNetwork: (folder: string) => string | undefined = findNetworkFileSystem,
): DatabasePlace {
  const because = findNetwork(storeFolder);
  return because === undefined
    ? { folder: storeFolder }
    : { folder: join(home, "stores", sha256(trueFolder(storeFolder)).slice(0, 16)), because };
}
