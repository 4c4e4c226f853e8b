//! The rows of `cargo xtask bench --guests` in Zig; `xtask/bench/guests.py` describes them.

const std = @import("std");
const lance = @import("lance_host");

const dimension = 384;

const cities = [_][]const u8{ "Aachen", "Bern", "Celle", "Dresden", "Erfurt", "Fulda", "Gera", "Hanau" };

const Narrow = struct {
    id: i64,
    name: []const u8,
    city: []const u8,
    score: f64,
    visits: i64,
    active: bool,
    rating: ?f64,
    note: ?[]const u8,
};

const Vectors = struct {
    id: i64,
    embedding: [dimension]f32,
};

const NarrowTable = lance.Table(Narrow, .{ .primary_key = &.{"id"} });
const VectorsTable = lance.Table(Vectors, .{ .primary_key = &.{"id"} });

comptime {
    lance.exportPipeline(run);
}

fn run(pipeline: *lance.Pipeline) !void {
    const rows = try pipeline.params.int(i64, "rows") orelse 1000;
    const by = try pipeline.require("by");
    const declared = std.mem.eql(u8, by, "sdk");
    if (!declared and !std.mem.eql(u8, by, "none")) return pipeline.fail("no way {s}: there are none and sdk", .{by});
    const shape = try pipeline.require("shape");
    if (std.mem.eql(u8, shape, "narrow")) return narrow(pipeline, rows, declared);
    if (std.mem.eql(u8, shape, "vectors")) return vectors(pipeline, rows, declared);
    return pipeline.fail("no shape {s}: there are narrow and vectors", .{shape});
}

fn narrow(pipeline: *lance.Pipeline, rows: i64, declared: bool) !void {
    const table = if (declared) try pipeline.table(NarrowTable, .{ .name = "narrow" }) else null;
    var name: [32]u8 = undefined;
    var id: i64 = 0;
    while (id < rows) : (id += 1) {
        const row: Narrow = .{
            .id = id,
            .name = try std.fmt.bufPrint(&name, "person {d}", .{id}),
            .city = cities[@intCast(@mod(id, 8))],
            .score = @as(f64, @floatFromInt(id)) / 4,
            .visits = @mod(id * 7, 1000),
            .active = @mod(id, 2) == 0,
            .rating = if (@mod(id, 3) != 0) @as(f64, @floatFromInt(id)) / 8 else null,
            .note = if (@mod(id, 4) == 0) "a note" else null,
        };
        if (table) |declaring| try declaring.declare(row) else std.mem.doNotOptimizeAway(&row);
    }
}

fn vectors(pipeline: *lance.Pipeline, rows: i64, declared: bool) !void {
    const table = if (declared) try pipeline.table(VectorsTable, .{ .name = "vectors" }) else null;
    var embedding: [dimension]f32 = undefined;
    for (&embedding, 0..) |*item, place| item.* = @as(f32, @floatFromInt(place)) / 7;
    var id: i64 = 0;
    while (id < rows) : (id += 1) {
        embedding[0] = @floatFromInt(id);
        const row: Vectors = .{ .id = id, .embedding = embedding };
        if (table) |declaring| try declaring.declare(row) else std.mem.doNotOptimizeAway(&row);
    }
}
