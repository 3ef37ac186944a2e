import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange, lineOfSight, type MapLink, type MapNode } from "../src/strategy/graph";

const node = (id: string, layer: MapNode["layer"]): MapNode => ({ id, layer, label: id });
const nodes = [
  node("grow", "objective"), node("save", "objective"), node("fast", "lever"), node("cool", "lever"),
  node("ontime", "requirement"), node("energy", "requirement"), node("BAL-1", "subject"), node("OVN-1", "subject"),
]; // prettier-ignore
const links: MapLink[] = [
  { source: "grow", target: "fast" }, { source: "save", target: "cool" }, { source: "fast", target: "ontime" },
  { source: "cool", target: "energy" }, { source: "ontime", target: "BAL-1" }, { source: "energy", target: "OVN-1" },
]; // prettier-ignore

test("from a machine the objectives light up, and from a lever both ends, but not its neighbours", () => {
  assert.deepEqual([...lineOfSight("BAL-1", links).nodes].sort(), ["BAL-1", "fast", "grow", "ontime"]);
  assert.deepEqual([...lineOfSight("cool", links).nodes].sort(), ["OVN-1", "cool", "energy", "save"]);
});

test("a circle in the relations ends", () => {
  const round = [...links, { source: "BAL-1", target: "grow" }];
  assert.ok(lineOfSight("fast", round).nodes.has("BAL-1"));
});

test("what belongs together stands level", () => {
  const shuffled = [nodes[1], nodes[0], nodes[2], nodes[3], nodes[5], nodes[4], nodes[6], nodes[7]] as MapNode[];
  const crossings = arrange(shuffled, links).map((layer) => layer.map(({ id }) => id));
  assert.deepEqual(crossings[1], crossings[0]?.[0] === "grow" ? ["fast", "cool"] : ["cool", "fast"]);
});
