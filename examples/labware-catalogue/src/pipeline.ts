/**
 * A catalogue of laboratory ware: plates, racks, tips and what they stand on, from a folder of the
 * makers' definitions.
 */

import {
  type RowFor,
  defineTable,
  float64,
  int32,
  json,
  list,
  pipeline,
  struct,
  text,
  vector,
} from "@lance-host/sdk";

import { type Definition, newest } from "./definitions.js";

const products = defineTable("products", {
  id: text().key(),
  name: text(),
  brand: text(),
  category: text(),
  version: int32(),
  /** The numbers under which the maker sells it. */
  orderNumbers: list(text()),
  /** In millimetres. */
  size: struct({ length: float64(), width: float64(), height: float64() }),
  wells: int32(),
  /** Of the largest well, in microlitres. */
  volume: float64().optional(),
  links: json<readonly string[]>(),
  /** Products of a similar build are near each other. */
  build: vector(5),
});

products.declareFtsIndex("name", { stem: true });
products.declareScalarIndex("brand", { kind: "bitmap" });
products.declareScalarIndex("category", { kind: "bitmap" });
products.declareScalarIndex("wells", { kind: "btree" });
products.declareScalarIndex("orderNumbers", { kind: "label-list" });

const brands = defineTable("brands", { brand: text().key(), products: int32() });

export const run = pipeline((params) => {
  const counts = new Map<string, number>();
  for (const definition of newest(params.get("root") ?? "/labware")) {
    const product = productOf(definition);
    products.declareRow(product);
    counts.set(product.brand, (counts.get(product.brand) ?? 0) + 1);
  }
  for (const [brand, count] of counts) brands.declareRow({ brand, products: count });
});

function productOf(definition: Definition): RowFor<typeof products> {
  const { brand, dimensions, metadata, parameters, version } = definition;
  const wells = Object.values(definition.wells);
  const volume = wells.length > 0 ? Math.max(...wells.map((well) => well.totalLiquidVolume)) : null;
  const { xDimension: length, yDimension: width, zDimension: height } = dimensions;
  return {
    id: parameters.loadName,
    name: metadata.displayName,
    brand: brand.brand,
    category: metadata.displayCategory,
    version,
    orderNumbers: brand.brandId ?? [],
    size: { length, width, height },
    wells: wells.length,
    volume,
    links: brand.links ?? [],
    // Logarithms, since twice as large is as far from large as from small.
    build: [length, width, height, wells.length, volume ?? 0].map((measure) => Math.log1p(measure)),
  };
}
