//! The guest in Zig of the suite that all SDKs share, `tests/tests/sdk_suite.rs`, where the cases are
//! described.

const std = @import("std");
const lance = @import("lance_host");

const failures = @import("failures.zig");
const tables = @import("tables.zig");
const types = @import("types.zig");

comptime {
    lance.exportPipeline(run);
}

const cases = .{
    .{ "types", types.ownTypes },
    .{ "nulls", types.nulls },
    .{ "wide", types.wide },
    .{ "nested", types.nested },
    .{ "composite", tables.composite },
    .{ "batches", tables.batches },
    .{ "large", tables.large },
    .{ "empty", tables.empty },
    .{ "two-tables", tables.twoTables },
    .{ "user", tables.user },
    .{ "params", tables.params },
    .{ "explicit", tables.explicit },
    .{ "indexes", tables.indexes },
    .{ "wrong-dimension", failures.wrongDimension },
    .{ "wrong-type", failures.wrongType },
    .{ "missing-column", failures.missingColumn },
    .{ "duplicate-table", failures.duplicateTable },
    .{ "duplicate-key", failures.duplicateKey },
    .{ "unknown-database", failures.unknownDatabase },
    .{ "unknown-setting", failures.unknownSetting },
    .{ "unknown-index", failures.unknownIndex },
    .{ "error", failures.fails },
    .{ "panic", failures.panics },
};

fn run(pipeline: *lance.Pipeline) !void {
    const name = try pipeline.require("case");
    inline for (cases) |case| {
        if (std.mem.eql(u8, case[0], name)) return case[1](pipeline);
    }
    return pipeline.fail("no such case: {s}", .{name});
}
