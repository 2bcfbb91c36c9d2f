// What any model must beat: a logistic regression on what the timetable says, without a look at today's delays.
import { writeFileSync } from "node:fs";
import { fitLogistic } from "./logistic.ts";
import { toOnnx } from "./onnx.ts";
import { readRows } from "./rows.ts";
import { input, output, params } from "./step.ts";

const rows = await readRows(input("rows"));
writeFileSync(output("model"), toOnnx(fitLogistic(rows, params().train, ["distance"])));
