//! What becomes of Zig's types.

const std = @import("std");
const lance = @import("lance_host");

pub fn ownTypes(pipeline: *lance.Pipeline) !void {
    const Row = struct {
        id: []const u8,
        yes: bool,
        number: i64,
        float: f64,
        text: []const u8,
        bytes: []const u8,
        value: std.json.Value,
        vector: [3]f32,
    };
    const Rows = lance.Table(Row, .{ .primary_key = &.{"id"}, .columns = &.{
        .{ .field = "bytes", .type = "binary" },
        .{ .field = "value", .type = "json" },
    } });
    const parsed = try std.json.parseFromSlice(std.json.Value, pipeline.gpa, "{\"a\": [1, 2.5, \"x\"]}", .{});
    defer parsed.deinit();
    const table = try pipeline.table(Rows, .{ .name = "types" });
    try table.declareAll(&.{
        .{
            .id = "min",
            .yes = false,
            .number = std.math.minInt(i64),
            .float = -std.math.floatMax(f64),
            .text = "",
            .bytes = "",
            .value = .{ .array = .init(pipeline.gpa) },
            .vector = .{ 0, 0, 0 },
        },
        .{
            .id = "max",
            .yes = true,
            .number = std.math.maxInt(i64),
            .float = std.math.nan(f64),
            .text = "Grüße, 世界 🌍",
            .bytes = "\x00\xff",
            .value = parsed.value,
            .vector = .{ 1, 2.5, -3 },
        },
    });
}

pub fn nulls(pipeline: *lance.Pipeline) !void {
    const Row = struct {
        id: []const u8,
        yes: ?bool = null,
        number: ?i64 = null,
        float: ?f64 = null,
        text: ?[]const u8 = null,
        bytes: ?[]const u8 = null,
        value: ?struct {} = null,
        vector: ?[3]f32 = null,
    };
    const Rows = lance.Table(Row, .{ .primary_key = &.{"id"}, .columns = &.{
        .{ .field = "bytes", .type = "binary" },
        .{ .field = "value", .type = "json" },
    } });
    const table = try pipeline.table(Rows, .{ .name = "nulls" });
    try table.declare(.{
        .id = "present",
        .yes = true,
        .number = 1,
        .float = 1.5,
        .text = "t",
        .bytes = "\x01",
        .value = .{},
        .vector = .{ 1, 2, 3 },
    });
    try table.declare(.{ .id = "absent" });
}

pub fn wide(pipeline: *lance.Pipeline) !void {
    const Row = struct {
        id: []const u8,
        i8: i8,
        i16: i16,
        i32: i32,
        u8: u8,
        u16: u16,
        u32: u32,
        u64: u64,
        f16: f16,
        f32: f32,
        text: []const u8,
        bytes: []const u8,
        hash: [4]u8,
        day: i32,
        time: i64,
        moment: i64,
        zoned: i64,
        span: i64,
        price: i128,
        halves: [2]f16,
        doubles: [2]f64,
        levels: [2]u8,
        signed: [2]i8,
    };
    const Rows = lance.Table(Row, .{ .primary_key = &.{"id"}, .columns = &.{
        .{ .field = "text", .type = "large-utf8" },
        .{ .field = "bytes", .type = "large-binary" },
        .{ .field = "day", .type = "date32" },
        .{ .field = "time", .type = "time64(us)" },
        .{ .field = "moment", .type = "timestamp(us)" },
        .{ .field = "zoned", .type = "timestamp(us, UTC)" },
        .{ .field = "span", .type = "duration(us)" },
        .{ .field = "price", .type = "decimal128(10, 2)" },
        .{ .field = "levels", .type = "vector(uint8, 2)" },
    } });
    const leap = 1_709_210_096_789_012; // 2024-02-29T12:34:56.789012
    const day = std.time.us_per_day;
    const table = try pipeline.table(Rows, .{ .name = "wide" });
    try table.declare(.{
        .id = "min",
        .i8 = std.math.minInt(i8),
        .i16 = std.math.minInt(i16),
        .i32 = std.math.minInt(i32),
        .u8 = 0,
        .u16 = 0,
        .u32 = 0,
        .u64 = 0,
        .f16 = -1.5,
        .f32 = -1.5,
        .text = "",
        .bytes = "",
        .hash = @splat(0),
        .day = 0,
        .time = 0,
        .moment = 0,
        .zoned = 0,
        .span = 0,
        .price = -1,
        .halves = @splat(0),
        .doubles = @splat(0),
        .levels = @splat(0),
        .signed = @splat(0),
    });
    try table.declare(.{
        .id = "max",
        .i8 = std.math.maxInt(i8),
        .i16 = std.math.maxInt(i16),
        .i32 = std.math.maxInt(i32),
        .u8 = std.math.maxInt(u8),
        .u16 = std.math.maxInt(u16),
        .u32 = std.math.maxInt(u32),
        .u64 = std.math.maxInt(u64),
        .f16 = 65504,
        .f32 = 0.5,
        .text = "ä",
        .bytes = "\x00\xff",
        .hash = @splat(255),
        .day = leap / day,
        .time = day - 1,
        .moment = leap,
        .zoned = leap,
        .span = 90_000_001,
        .price = 1_234_567_890,
        .halves = .{ 1, -0.5 },
        .doubles = .{ 1, -0.1 },
        .levels = .{ 1, 255 },
        .signed = .{ 127, -128 },
    });
}

pub fn nested(pipeline: *lance.Pipeline) !void {
    const Row = struct {
        id: []const u8,
        tags: ?[]const ?[]const u8,
        counts: ?[]const i32,
        place: ?struct { x: f64, y: ?f64 },
    };
    const table = try pipeline.table(lance.Table(Row, .{ .primary_key = &.{"id"} }), .{ .name = "nested" });
    try table.declareAll(&.{
        .{ .id = "empty", .tags = &.{}, .counts = null, .place = null },
        .{ .id = "full", .tags = &.{ "a", null, "ä" }, .counts = &.{ 1, 2 }, .place = .{ .x = 1.5, .y = null } },
    });
}
