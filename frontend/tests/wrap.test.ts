import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, wrap } from "../src/strategy/wrap";

const letters = (most: number) => (line: string): boolean => line.length <= most;

test("a name is broken between words", () => {
  assert.deepEqual(wrap("Rotors pass balancing first time", 3, letters(14)), ["Rotors pass", "balancing", "first time"]);
});

test("what does not fit into the last line ends in dots", () => {
  assert.deepEqual(wrap("Rotors pass balancing first time", 2, letters(14)), ["Rotors pass", "balancing fir…"]);
});

test("a percent sign stays with its figure", () => {
  assert.deepEqual(wrap("no more than 75 % of it", 3, letters(15)), ["no more than", "75 % of it"]);
});

test("a word too long for any line is cut", () => {
  assert.deepEqual(wrap("Magnetisierungsanlage", 3, letters(10)), ["Magnetisi…"]);
  assert.equal(cut("Balancing", letters(9)), "Balancing");
});
