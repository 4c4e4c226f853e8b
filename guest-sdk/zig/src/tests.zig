//! Tests of tables, against the host in memory.

const std = @import("std");
const expectEqual = std.testing.expectEqual;
const expectEqualDeep = std.testing.expectEqualDeep;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;

const lance = @import("root.zig");
const Host = lance.testing.Host;

const Document = struct {
    id: i16,
    text: ?[]const u8,
    yes: ?bool,
    vector: [1]f32,
};
const Documents = lance.Table(Document, .{ .primary_key = &.{"id"} });

fn newHost() Host {
    return .init(std.testing.allocator);
}

test "rows leave in the layout of Arrow" {
    var host = newHost();
    defer host.deinit();
    const pipeline = host.start(&.{});
    const documents = try pipeline.table(Documents, .{ .name = "t" });
    try documents.declare(.{ .id = 1, .text = "a", .yes = true, .vector = .{1} });
    try documents.declare(.{ .id = -2, .text = null, .yes = null, .vector = .{1} });
    try documents.declare(.{ .id = 3, .text = "bc", .yes = true, .vector = .{1} });
    const table = host.table("t").?;
    try expectEqual(0, table.batches.items.len);
    try documents.flush();
    const batch = table.batches.items[0];
    try expectEqual(4, batch.len);
    for (batch) |part| try expectEqual(3, part.length);
    try expectEqual(null, batch[0].validity);
    try expectEqualDeep(@as([]const []const u8, &.{"\x01\x00\xfe\xff\x03\x00"}), batch[0].buffers);
    try expectEqualStrings("\x05", batch[1].validity.?);
    try expectEqualDeep(@as([]const []const u8, &.{ "\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00", "abc" }), batch[1].buffers);
    try expectEqualDeep(@as([]const []const u8, &.{"\x05"}), batch[2].buffers);
    try expectEqualDeep(@as([]const []const u8, &.{"\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f"}), batch[3].buffers);
    try expectEqualDeep(@as([]const lance.Column, &.{
        .{ .name = "id", .type = "int16" },
        .{ .name = "text", .type = "utf8", .nullable = true },
        .{ .name = "yes", .type = "bool", .nullable = true },
        .{ .name = "vector", .type = "vector(float32, 1)" },
    }), table.columns);
}

test "what was declared comes back, nested values too" {
    const Level = enum { low, high };
    const Row = struct {
        id: []const u8,
        level: Level,
        hash: [2]u8,
        half: f16,
        tags: ?[]const ?[]const u8,
        place: ?struct { x: f64, y: ?f64, days: []const lance.As("date32", i32) },
        vectors: []const [2]f64,
        last: u64,
    };
    const rows: []const Row = &.{
        .{ .id = "full", .level = .high, .hash = .{ 1, 2 }, .half = -1.5, .tags = &.{ "a", null, "ä" }, .place = .{ .x = 1.5, .y = null, .days = &.{.{ .value = 19782 }} }, .vectors = &.{ .{ 1, 2 }, .{ 3, 4 } }, .last = std.math.maxInt(u64) },
        .{ .id = "", .level = .low, .hash = .{ 0, 0 }, .half = 0, .tags = null, .place = null, .vectors = &.{}, .last = 0 },
        .{ .id = "more", .level = .low, .hash = .{ 0, 0 }, .half = 0, .tags = &.{}, .place = .{ .x = 0, .y = 1, .days = &.{} }, .vectors = &.{.{ 5, 6 }}, .last = 1 },
    };
    var host = newHost();
    defer host.deinit();
    const table = try host.start(&.{}).table(lance.Table(Row, .{ .primary_key = &.{"id"} }), .{ .name = "t" });
    try table.declareAll(rows);
    try table.flush();
    try expectEqualDeep(rows, try host.rows(Row, "t"));
}

test "a field may have another name, another type, or none" {
    const Row = struct { id: i64, at: i64, words: u24, data: []const u8, price: i128, levels: [2]u8, value: struct { a: []const u8 }, cache: usize };
    const Rows = lance.Table(Row, .{ .primary_key = &.{"key"}, .columns = &.{
        .{ .field = "id", .name = "key" },
        .{ .field = "at", .type = "timestamp(us, UTC)", .metadata = &.{.{ "unit", "us" }} },
        .{ .field = "words", .type = "uint16" },
        .{ .field = "data", .type = "binary" },
        .{ .field = "price", .type = "decimal128(10, 2)" },
        .{ .field = "levels", .type = "vector(uint8, 2)" },
        .{ .field = "value", .type = "json" },
        .{ .field = "cache", .skip = true },
    } });
    var host = newHost();
    defer host.deinit();
    const pipeline = host.start(&.{});
    const table = try pipeline.table(Rows, .{ .name = "t" });
    var row: Row = .{ .id = 1, .at = 5, .words = 7, .data = "\x00", .price = -1, .levels = .{ 1, 255 }, .value = .{ .a = "\"" }, .cache = 0 };
    try table.declare(row);
    row.words = 1 << 16;
    try expectError(error.InvalidValue, table.declare(row));
    try std.testing.expectFmt("65536 does not fit uint16 (table default/t, column words, row 1)", "{f}", .{pipeline.failure});
    try table.flush();
    const Stored = struct { key: i64, at: i64, words: u16, data: []const u8, price: i128, levels: [2]u8, value: []const u8 };
    try expectEqualDeep(
        @as([]const Stored, &.{.{ .key = 1, .at = 5, .words = 7, .data = "\x00", .price = -1, .levels = .{ 1, 255 }, .value = "{\"a\":\"\\\"\"}" }}),
        try host.rows(Stored, "t"),
    );
    try expectEqualDeep(@as([]const lance.Setting, &.{.{ "unit", "us" }}), host.table("t").?.columns[1].metadata);
}

test "a refused row leaves no trace" {
    var host = newHost();
    defer host.deinit();
    const Row = struct { id: i64, text: ?[]const u8, vector: []const f32 };
    const pipeline = host.start(&.{});
    const table = try pipeline.table(lance.Table(Row, .{
        .primary_key = &.{"id"},
        .columns = &.{.{ .field = "vector", .type = "vector(float32, 2)" }},
    }), .{ .name = "t" });
    const first: Row = .{ .id = 1, .text = "a", .vector = &.{ 1, 2 } };
    const last: Row = .{ .id = 3, .text = null, .vector = &.{ 3, 4 } };
    try table.declare(first);
    try expectError(error.DimensionMismatch, table.declare(.{ .id = 2, .text = null, .vector = &.{1} }));
    const failure = &pipeline.failure;
    try expectEqualStrings("dimension-mismatch", failure.code);
    try std.testing.expectFmt("the vector has 1 items instead of 2 (table default/t, column vector, row 1)", "{f}", .{failure.*});
    try table.declare(last);
    try table.flush();
    try expectEqualDeep(@as([]const Row, &.{ first, last }), try host.rows(Row, "t"));
}

test "rows of a dynamic table name what is wrong" {
    var host = newHost();
    defer host.deinit();
    const pipeline = host.start(&.{});
    const table = try pipeline.dynamicTable(&.{
        .{ .name = "id", .type = "int64" },
        .{ .name = "small", .type = "int8", .nullable = true },
        .{ .name = "vector", .type = "vector(float32, 2)", .nullable = true },
    }, &.{"id"}, .{ .name = "t" });
    try table.declare(.{ .id = 1 });
    try table.declare(.{ .vector = [_]f32{ 1, 2 }, .small = @as(u64, 3), .id = @as(i8, 2) });
    inline for (.{
        .{ .{ .small = 1 }, "the column is required and has no value here (table default/t, column id, row 2)" },
        .{ .{ .id = "many" }, "the text \"many\" is no int64 (table default/t, column id, row 2)" },
        .{ .{ .id = 0.5 }, "the number 0.5 is no int64 (table default/t, column id, row 2)" },
        .{ .{ .id = 3, .small = 128 }, "128 does not fit int8 (table default/t, column small, row 2)" },
        .{ .{ .id = 3, .vector = [_]f64{ 1, 2 } }, "a vector of float64 is no vector(float32, 2) (table default/t, column vector, row 2)" },
        .{ .{ .id = 3, .vector = [_]f32{1} }, "the vector has 1 items instead of 2 (table default/t, column vector, row 2)" },
        .{ .{ .id = 3, .large = 1 }, "the row has a value for a column that the table does not have (table default/t, column large, row 2)" },
    }) |case| {
        if (table.declare(case[0])) |_| return error.NotRefused else |_| {}
        try std.testing.expectFmt(case[1], "{f}", .{pipeline.failure});
    }
    try table.flush();
    const Row = struct { id: i64, small: ?i8, vector: ?[2]f32 };
    try expectEqualDeep(
        @as([]const Row, &.{ .{ .id = 1, .small = null, .vector = null }, .{ .id = 2, .small = 3, .vector = .{ 1, 2 } } }),
        try host.rows(Row, "t"),
    );
}

test "numbers are rounded, but not to infinity" {
    var host = newHost();
    defer host.deinit();
    const pipeline = host.start(&.{});
    const table = try pipeline.dynamicTable(&.{.{ .name = "half", .type = "float16" }}, &.{"half"}, .{ .name = "t" });
    for ([_]f64{ 1.0 + 1.0 / 2048.0, 65504, -std.math.inf(f64) }) |half| try table.declare(.{ .half = half });
    try expectError(error.InvalidValue, table.declare(.{ .half = 65520.0 }));
    try table.flush();
    const Row = struct { half: f64 };
    try expectEqualDeep(
        @as([]const Row, &.{ .{ .half = 1 }, .{ .half = 65504 }, .{ .half = -std.math.inf(f64) } }),
        try host.rows(Row, "t"),
    );
}

test "texts of any length are copied whole" {
    const Row = struct { id: i64, text: []const u8 };
    const text = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
    var host = newHost();
    defer host.deinit();
    const table = try host.start(&.{}).table(lance.Table(Row, .{ .primary_key = &.{"id"} }), .{ .name = "t" });
    for (0..text.len + 1) |length| {
        try table.declare(.{ .id = @intCast(length), .text = text[0..length] });
        try table.flush();
        const batch = host.table("t").?.batches.items[length];
        try expectEqualStrings(text[0..length], batch[1].buffers[1]);
    }
}

test "a batch is sent when it is full" {
    const Row = struct { id: i64, text: []const u8 };
    const text: [600_000]u8 = @splat('x');
    var host = newHost();
    defer host.deinit();
    const table = try host.start(&.{}).table(lance.Table(Row, .{ .primary_key = &.{"id"} }), .{ .name = "t" });
    for (0..3) |id| try table.declare(.{ .id = @intCast(id), .text = &text });
    const sent = &host.table("t").?.batches;
    try expectEqual(1, sent.items.len);
    try expectEqual(2, sent.items[0][0].length);
    try table.flush();
    try expectEqual(2, sent.items.len);
    try expectEqual(3, host.table("t").?.rowCount());
}

test "declaring takes no memory once a batch has grown" {
    const Row = struct { id: i64, name: []const u8, score: ?f64, vector: [4]f32 };
    var host = newHost();
    defer host.deinit();
    var counting: std.testing.FailingAllocator = .init(std.testing.allocator, .{});
    const table = try host.start(&.{}).table(
        lance.Table(Row, .{ .primary_key = &.{"id"} }),
        .{ .name = "t", .allocator = counting.allocator() },
    );
    for (0..1000) |_| try table.declare(.{ .id = 1, .name = "name", .score = null, .vector = @splat(0) });
    try table.flush();
    const before = counting.allocations + counting.allocated_bytes;
    for (0..1000) |_| try table.declare(.{ .id = 1, .name = "name", .score = null, .vector = @splat(0) });
    try table.flush();
    try expectEqual(before, counting.allocations + counting.allocated_bytes);
}

test "want of memory is an error that leaves the table as it was" {
    var host = newHost();
    defer host.deinit();
    const pipeline = host.start(&.{});
    const row: Document = .{ .id = 1, .text = "a", .yes = null, .vector = .{1} };
    // Every allocation fails once, those for the table itself too.
    var fail_index: usize = 0;
    while (true) : (fail_index += 1) {
        var failing: std.testing.FailingAllocator = .init(std.testing.allocator, .{ .fail_index = fail_index });
        const table = pipeline.table(Documents, .{ .name = "t", .allocator = failing.allocator() }) catch |err| {
            try expectEqual(error.OutOfMemory, err);
            continue;
        };
        const declared = table.declare(row);
        failing.fail_index = std.math.maxInt(usize);
        if (declared) |_| {} else |err| {
            try expectEqual(error.OutOfMemory, err);
            try table.declare(row);
        }
        try table.flush();
        const last = host.tables.items[host.tables.items.len - 1];
        try expectEqual(1, last.rowCount());
        // Its allocator goes before the pipeline does.
        pipeline.forgetTables();
        if (!failing.has_induced_failure) break;
    }
    try std.testing.expect(fail_index > 5);
}

fn declareTwo(pipeline: *lance.Pipeline) !void {
    const table = try pipeline.table(Documents, .{ .name = "t" });
    const row: Document = .{ .id = 1, .text = null, .yes = null, .vector = .{0} };
    try table.declare(row);
    table.flush() catch |err| {
        // Whoever goes on gets the same again, whatever was refused meanwhile.
        try expectEqual(error.DuplicateKey, err);
        try expectEqual(error.InvalidValue, pipeline.failure.refuse(error.InvalidValue, "something else", .{}));
        try expectError(error.DuplicateKey, table.declare(row));
        try expectEqualStrings("not today", pipeline.failure.message);
    };
}

test "a refused batch fails every further call, and the run" {
    var host = newHost();
    defer host.deinit();
    host.refusal = .{ .code = "duplicate-key", .message = "not today", .column = "id", .row = 3 };
    try expectError(error.DuplicateKey, host.run(declareTwo, &.{}));
    try expectEqualStrings("not today (column id, row 3)", host.failure);
    host.refusal = .{ .code = "a-new-one", .message = "newer than this SDK" };
    const pipeline = host.start(&.{});
    const table = try pipeline.table(Documents, .{ .name = "t" });
    try table.declare(.{ .id = 1, .text = null, .yes = null, .vector = .{0} });
    try expectError(error.Internal, table.flush());
    try expectEqualStrings("a-new-one", pipeline.failure.code);
}

fn fails(pipeline: *lance.Pipeline) !void {
    return switch ((try pipeline.params.int(u8, "how")).?) {
        0 => pipeline.fail("outer: {s}", .{"inner"}),
        1 => error.FileNotFound,
        else => _ = try pipeline.require("root"),
    };
}

test "a run tells what failed" {
    var host = newHost();
    defer host.deinit();
    for ([_]struct { []const u8, anyerror, []const u8 }{
        .{ "0", error.PipelineFailed, "outer: inner" },
        .{ "1", error.FileNotFound, "FileNotFound" },
        .{ "2", error.PipelineFailed, "parameter root is missing: give it with --param root=VALUE" },
    }) |case| {
        try expectError(case[1], host.run(fails, &.{.{ .name = "how", .value = case[0] }}));
        try expectEqualStrings(case[2], host.failure);
    }
}

test "options and indexes are said" {
    var host = newHost();
    defer host.deinit();
    const pipeline = host.start(&.{});
    const table = try pipeline.table(Documents, .{
        .name = "t",
        .managed_by = .user,
        .on_schema_change = .append_only,
        .settings = &.{.{ "new", "one" }},
    });
    try table.declareIndex("id", .btree);
    try table.declareIndex("text", .{ .text = .{ .language = "French" } });
    const declared = host.table("t").?;
    try expectEqualDeep(@as([]const lance.Setting, &.{
        .{ "managed-by", "user" },
        .{ "on-schema-change", "append-only" },
        .{ "new", "one" },
    }), declared.settings);
    try expectEqualDeep(@as([]const lance.testing.Table.DeclaredIndex, &.{
        .{ .column = "id", .kind = "btree", .settings = &.{} },
        .{ .column = "text", .kind = "fts", .settings = &.{.{ "language", "French" }} },
    }), declared.indexes.items);
}

test "columns in the Arrow format go as they are" {
    var host = newHost();
    defer host.deinit();
    const pipeline = host.start(&.{});
    const table = try pipeline.dynamicTable(&.{
        .{ .name = "id", .type = "int8" },
        .{ .name = "pairs", .type = "map(utf8, int8)" },
    }, &.{"id"}, .{ .name = "t" });
    try table.declareParts(&.{
        .{ .length = 2, .buffers = &.{"\x01\x02"} },
        .{ .length = 2, .validity = "\x01", .buffers = &.{"\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"} },
        .{ .length = 1, .buffers = &.{} },
        .{ .length = 1, .buffers = &.{ "\x00\x00\x00\x00\x01\x00\x00\x00", "a" } },
        .{ .length = 1, .buffers = &.{"\x07"} },
    });
    const batch = host.table("t").?.batches.items[0];
    try expectEqual(5, batch.len);
    try expectEqualStrings("a", batch[3].buffers[1]);
    try expectError(error.TypeMismatch, table.declare(.{ .id = 3, .pairs = "a" }));
}
