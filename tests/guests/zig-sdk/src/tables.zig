//! Tables of several kinds.

const std = @import("std");
const lance = @import("lance_host");

const Id = struct { id: i64 };
const Text = struct { id: i64, text: []const u8 };

/// A table of this struct, the key of which is `id`.
pub fn ById(comptime Row: type) type {
    return lance.Table(Row, .{ .primary_key = &.{"id"} });
}

pub fn composite(pipeline: *lance.Pipeline) !void {
    const Row = struct { tenant: []const u8, number: i64, text: []const u8 };
    const Rows = lance.Table(Row, .{ .primary_key = &.{ "tenant", "number" } });
    const table = try pipeline.table(Rows, .{ .name = "composite" });
    try table.declareAll(&.{
        .{ .tenant = "a", .number = 1, .text = "a1" },
        .{ .tenant = "a", .number = 2, .text = "a2" },
        .{ .tenant = "b", .number = 1, .text = "b1" },
    });
}

pub fn batches(pipeline: *lance.Pipeline) !void {
    const text: [100]u8 = @splat('x');
    const table = try pipeline.table(ById(Text), .{ .name = "batches" });
    for (0..30_000) |id| try table.declare(.{ .id = @intCast(id), .text = &text });
}

pub fn large(pipeline: *lance.Pipeline) !void {
    const text = try pipeline.gpa.alloc(u8, 3 << 20);
    defer pipeline.gpa.free(text);
    const table = try pipeline.table(ById(Text), .{ .name = "large" });
    for ("abc", 0..) |letter, id| {
        @memset(text, letter);
        try table.declare(.{ .id = @intCast(id), .text = if (id == 1) "b" else text });
    }
}

pub fn empty(pipeline: *lance.Pipeline) !void {
    _ = try pipeline.table(ById(Id), .{ .name = "empty" });
}

pub fn twoTables(pipeline: *lance.Pipeline) !void {
    const even = try pipeline.table(ById(Id), .{ .name = "even" });
    const odd = try pipeline.table(ById(Id), .{ .name = "odd" });
    for (0..10) |id| try (if (id % 2 == 0) even else odd).declare(.{ .id = @intCast(id) });
}

pub fn user(pipeline: *lance.Pipeline) !void {
    const table = try pipeline.table(ById(Id), .{ .name = "user", .managed_by = .user });
    try table.declare(.{ .id = 1 });
}

pub fn params(pipeline: *lance.Pipeline) !void {
    const Row = struct { position: i64, name: []const u8, value: []const u8 };
    const Rows = lance.Table(Row, .{ .primary_key = &.{"position"} });
    const table = try pipeline.table(Rows, .{ .name = "params" });
    for (pipeline.params.items, 0..) |param, position|
        try table.declare(.{ .position = @intCast(position), .name = param.name, .value = param.value });
}

pub fn explicit(pipeline: *lance.Pipeline) !void {
    const table = try pipeline.dynamicTable(&.{
        .{ .name = "id", .type = "int64" },
        .{ .name = "name", .type = "utf8", .nullable = true },
        .{ .name = "small", .type = "int32" },
        .{ .name = "vector", .type = "vector(float32, 2)" },
    }, &.{"id"}, .{ .name = "explicit" });
    try table.declare(.{ .id = 1, .name = "one", .small = 10, .vector = [_]f32{ 1, 2 } });
    try table.declare(.{ .vector = [_]f32{ 3, 4 }, .small = 20, .id = 2 });
}

pub fn indexes(pipeline: *lance.Pipeline) !void {
    const Row = struct { id: i64, kind: []const u8, text: []const u8, vector: [2]f32 };
    const table = try pipeline.table(ById(Row), .{ .name = "indexes" });
    try table.declareIndex("id", .btree);
    try table.declareIndex("kind", .bitmap);
    try table.declareIndex("text", .{ .text = .{ .language = "French" } });
    try table.declareIndex("vector", .{ .vector = .{ .kind = .ivf_flat, .metric = .cosine, .num_partitions = 1 } });
    try table.declareAll(&.{
        .{ .id = 1, .kind = "a", .text = "un chat noir", .vector = .{ 1, 0 } },
        .{ .id = 2, .kind = "b", .text = "des chiens blancs", .vector = .{ 0, 1 } },
    });
}
