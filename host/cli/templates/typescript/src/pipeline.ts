/** A table of greetings. Change what is declared here, build, and run it again. */

import { defineTable, pipeline, text } from "@lance-host/sdk";

/** Declares the rows that should exist; the host makes the table match. */
export const run = pipeline((params) => {
  const table = defineTable("greetings", { language: text().key(), text: text() });
  table.declareRows(greetings(params.get("name") ?? "world"));
});

/** The rows for somebody of this name. */
function greetings(name: string) {
  const words = { en: "Hello", fr: "Bonjour", sw: "Habari" };
  return Object.entries(words).map(([language, word]) => ({ language, text: `${word}, ${name}!` }));
}
