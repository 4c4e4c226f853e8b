//! Cases that fail.

const lance = @import("lance_host");

const ById = @import("tables.zig").ById;

const Id = struct { id: i64 };
const Named = struct { id: i64, name: []const u8 };

/// Declares a table of one row.
fn declareOne(pipeline: *lance.Pipeline, name: []const u8) !void {
    const table = try pipeline.table(ById(Id), .{ .name = name });
    try table.declare(.{ .id = 1 });
}

pub fn wrongDimension(pipeline: *lance.Pipeline) !void {
    const Row = struct { id: i64, vector: []const f32 };
    const Rows = lance.Table(Row, .{
        .primary_key = &.{"id"},
        .columns = &.{.{ .field = "vector", .type = "vector(float32, 2)" }},
    });
    const table = try pipeline.table(Rows, .{ .name = "wrong-dimension" });
    try table.declare(.{ .id = 0, .vector = &.{ 0, 0 } });
    try table.declare(.{ .id = 1, .vector = &.{ 0, 0, 0 } });
}

pub fn wrongType(pipeline: *lance.Pipeline) !void {
    const table = try pipeline.dynamicTable(&.{
        .{ .name = "id", .type = "int64" },
        .{ .name = "number", .type = "int64" },
    }, &.{"id"}, .{ .name = "wrong-type" });
    try table.declare(.{ .id = 0, .number = 1 });
    try table.declare(.{ .id = 1, .number = "many" });
}

pub fn missingColumn(pipeline: *lance.Pipeline) !void {
    const table = try pipeline.dynamicTable(&.{
        .{ .name = "id", .type = "int64" },
        .{ .name = "name", .type = "utf8" },
    }, &.{"id"}, .{ .name = "missing-column" });
    try table.declare(.{ .id = 0, .name = "a" });
    try table.declare(.{ .id = 1 });
}

pub fn duplicateTable(pipeline: *lance.Pipeline) !void {
    _ = try pipeline.table(ById(Id), .{ .name = "duplicate-table" });
    _ = try pipeline.table(ById(Named), .{ .name = "duplicate-table" });
}

pub fn duplicateKey(pipeline: *lance.Pipeline) !void {
    const table = try pipeline.table(ById(Named), .{ .name = "duplicate-key" });
    try table.declare(.{ .id = 1, .name = "a" });
    try table.declare(.{ .id = 1, .name = "b" });
}

pub fn unknownDatabase(pipeline: *lance.Pipeline) !void {
    _ = try pipeline.table(ById(Id), .{ .database = "nowhere", .name = "unknown-database" });
}

pub fn unknownSetting(pipeline: *lance.Pipeline) !void {
    _ = try pipeline.table(ById(Id), .{ .name = "unknown-setting", .settings = &.{.{ "colour", "blue" }} });
}

pub fn unknownIndex(pipeline: *lance.Pipeline) !void {
    const table = try pipeline.table(ById(Id), .{ .name = "unknown-index" });
    try table.declareIndex("nowhere", .btree);
}

/// Fails in the way that the language has for a chain of causes: each adds its word.
pub fn fails(pipeline: *lance.Pipeline) !void {
    try declareOne(pipeline, "error");
    middle(pipeline) catch return pipeline.fail("outer: {f}", .{pipeline.failure});
}

fn middle(pipeline: *lance.Pipeline) !void {
    inner(pipeline) catch return pipeline.fail("middle: {f}", .{pipeline.failure});
}

fn inner(pipeline: *lance.Pipeline) !void {
    return pipeline.fail("inner", .{});
}

pub fn panics(pipeline: *lance.Pipeline) !void {
    try declareOne(pipeline, "panic");
    @panic("the guest panicked on purpose");
}
