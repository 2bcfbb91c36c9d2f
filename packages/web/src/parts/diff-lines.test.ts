import { expect, test } from "vitest";
import { filesOfDiff } from "./diff-lines.ts";

const text = `diff --git a/train.py b/train.py
index 1111111..2222222 100644
--- a/train.py
+++ b/train.py
@@ -1,3 +1,4 @@ def fit():
 import x
-rate = 1
+rate = 2
++++more
 end
\\ No newline at end of file
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/pic.png b/pic.png
index 1..2
GIT binary patch
literal 3
`;

test("files, numbers of lines and counts of a difference", () => {
  const [train, renamed, binary] = filesOfDiff(text);
  expect(train).toMatchObject({ path: "train.py", was: null, added: 2, removed: 1 });
  expect(train?.lines.map((line) => [line.kind, line.before, line.after, line.text])).toEqual([
    ["hunk", null, null, "@@ -1,3 +1,4 @@ def fit():"],
    ["same", 1, 1, "import x"],
    ["removed", 2, null, "rate = 1"],
    ["added", null, 2, "rate = 2"],
    ["added", null, 3, "+++more"],
    ["same", 3, 4, "end"],
    ["note", null, null, "\\ No newline at end of file"],
  ]);
  expect(renamed).toMatchObject({ path: "new name.txt", was: "old name.txt", added: 0 });
  expect(binary?.lines.map((line) => line.text)).toEqual(["GIT binary patch", "literal 3"]);
});

test("what is no difference is shown as it is", () => {
  expect(filesOfDiff("hello\nthere")).toMatchObject([
    {
      path: "",
      lines: [
        { kind: "note", text: "hello" },
        { kind: "note", text: "there" },
      ],
    },
  ]);
});
