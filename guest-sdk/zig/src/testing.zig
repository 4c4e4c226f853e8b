//! A host in memory, for the tests of pipelines on the machine at hand:
//!
//!     test "everybody is greeted" {
//!         var host: lance.testing.Host = .init(std.testing.allocator);
//!         defer host.deinit();
//!         try host.run(run, &.{.{ .name = "name", .value = "Ada" }});
//!         const rows = try host.rows(Greeting, "greetings");
//!         try std.testing.expectEqualStrings("Hello, Ada!", rows[0].text);
//!     }
//!
//! It takes everything that the contract can carry, and checks little of it: that keys are not declared
//! twice is for the real host to say.

const std = @import("std");
const Allocator = std.mem.Allocator;

const abi = @import("abi.zig");
const data_type = @import("data_type.zig");
const Column = @import("table.zig").Column;
const DataType = data_type.DataType;
const FloatOf = data_type.FloatOf;
const Params = @import("params.zig").Params;
const Pipeline = @import("pipeline.zig").Pipeline;
const Setting = @import("failure.zig").Setting;

/// A table that was declared.
pub const Table = struct {
    database: []const u8,
    name: []const u8,
    columns: []const Column,
    primary_key: []const []const u8,
    settings: []const Setting,
    indexes: std.ArrayList(DeclaredIndex) = .empty,
    batches: std.ArrayList(Batch) = .empty,

    pub const DeclaredIndex = struct { column: []const u8, kind: []const u8, settings: []const Setting };

    /// How many rows it was sent.
    pub fn rowCount(self: *const Table) usize {
        var sum: usize = 0;
        for (self.batches.items) |batch| sum += batch[0].length;
        return sum;
    }
};

/// The parts of all columns, as they were sent.
pub const Batch = []const Sent;

pub const Sent = struct {
    length: usize,
    validity: ?[]const u8,
    buffers: []const []const u8,

    fn isNull(self: Sent, at: usize) bool {
        const validity = self.validity orelse return false;
        return validity[at / 8] >> @intCast(at % 8) & 1 == 0;
    }
};

/// What the host says to the next batch, instead of taking it.
pub const Refusal = struct {
    code: []const u8,
    message: []const u8,
    column: ?[]const u8 = null,
    row: ?u64 = null,
};

pub const Host = struct {
    gpa: Allocator,
    /// Everything that was declared is here.
    arena: std.heap.ArenaAllocator,
    /// In the order in which they were declared.
    tables: std.ArrayList(Table) = .empty,
    /// Refuses batches as long as it is there.
    refusal: ?Refusal = null,
    /// The run that `start` began.
    pipeline: ?Pipeline = null,
    /// What a run that failed says to its user.
    failure: []const u8 = "",

    pub fn init(gpa: Allocator) Host {
        return .{ .gpa = gpa, .arena = .init(gpa) };
    }

    pub fn deinit(self: *Host) void {
        if (self.pipeline) |*pipeline| pipeline.deinit();
        self.arena.deinit();
        self.* = undefined;
    }

    /// Runs a pipeline's function to its end. If it fails, `failure` is what its user would see.
    pub fn run(self: *Host, function: anytype, params: []const Params.Item) anyerror!void {
        const pipeline = self.start(params);
        defer self.stop();
        pipeline.run(function) catch |err| {
            self.failure = if (pipeline.failure.isOf(err))
                try self.arena.allocator().print("{f}", .{pipeline.failure})
            else
                @errorName(err);
            return err;
        };
    }

    /// Begins a run, of which a test makes the declarations itself. What an earlier one declared is
    /// forgotten.
    pub fn start(self: *Host, params: []const Params.Item) *Pipeline {
        self.stop();
        self.tables = .empty;
        abi.fake = .{
            .context = self,
            .declareTable = declareTable,
            .declareRows = declareRows,
            .declareIndex = declareIndex,
        };
        self.pipeline = .init(self.gpa, std.testing.io, .{ .items = params });
        return &self.pipeline.?;
    }

    fn stop(self: *Host) void {
        if (self.pipeline) |*pipeline| pipeline.deinit();
        self.pipeline = null;
        abi.fake = null;
    }

    /// A table by its name.
    pub fn table(self: *Host, name: []const u8) ?*Table {
        for (self.tables.items) |*each| if (std.mem.eql(u8, each.name, name)) return each;
        return null;
    }

    /// The rows of a table that were sent, as structs: each field is the column of its name. They live
    /// as long as the host.
    pub fn rows(self: *Host, comptime Row: type, name: []const u8) ![]const Row {
        const found = self.table(name) orelse return error.NoSuchTable;
        const arena = self.arena.allocator();
        var list: std.ArrayList(Row) = .empty;
        for (found.batches.items) |batch| {
            for (0..batch[0].length) |at| {
                var row: Row = undefined;
                inline for (@typeInfo(Row).@"struct".field_names, @typeInfo(Row).@"struct".field_types) |field, Field| {
                    const part, const of = try placeOf(found, field);
                    @field(row, field) = try decode(arena, Field, of, batch[part..], at);
                }
                try list.append(arena, row);
            }
        }
        return list.items;
    }

    fn declareTable(
        context: *anyopaque,
        database: []const u8,
        name: []const u8,
        fields: []const abi.Field,
        key: []const abi.String,
        settings: []const abi.Setting,
    ) abi.Result {
        const self: *Host = @ptrCast(@alignCast(context));
        const handle: u32 = @intCast(self.tables.items.len);
        self.keepTable(database, name, fields, key, settings) catch @panic("there is no memory left");
        return .{ .failed = false, .is = .{ .handle = handle } };
    }

    fn keepTable(
        self: *Host,
        database: []const u8,
        name: []const u8,
        fields: []const abi.Field,
        key: []const abi.String,
        settings: []const abi.Setting,
    ) Allocator.Error!void {
        const arena = self.arena.allocator();
        const columns = try arena.alloc(Column, fields.len);
        for (columns, fields) |*column, field| column.* = .{
            .name = try arena.dupe(u8, field.name.slice()),
            .type = try arena.dupe(u8, field.data_type.slice()),
            .nullable = field.nullable,
            .metadata = try self.keepSettings(field.metadata.slice()),
        };
        const names = try arena.alloc([]const u8, key.len);
        for (names, key) |*to, from| to.* = try arena.dupe(u8, from.slice());
        try self.tables.append(arena, .{
            .database = try arena.dupe(u8, database),
            .name = try arena.dupe(u8, name),
            .columns = columns,
            .primary_key = names,
            .settings = try self.keepSettings(settings),
        });
    }

    fn declareRows(context: *anyopaque, handle: u32, columns: []const abi.Column) abi.Result {
        const self: *Host = @ptrCast(@alignCast(context));
        if (self.refusal) |refusal| return refused(refusal) catch @panic("there is no memory left");
        self.keepBatch(&self.tables.items[handle], columns) catch @panic("there is no memory left");
        return .{ .failed = false, .is = .{ .handle = 0 } };
    }

    fn keepBatch(self: *Host, to: *Table, columns: []const abi.Column) Allocator.Error!void {
        const arena = self.arena.allocator();
        const parts = try arena.alloc(Sent, columns.len);
        for (parts, columns) |*part, column| {
            const buffers = try arena.alloc([]const u8, column.buffers.len);
            for (buffers, column.buffers.slice()) |*buffer, from| buffer.* = try arena.dupe(u8, from.slice());
            part.* = .{
                .length = column.length,
                .validity = if (column.has_validity) try arena.dupe(u8, column.validity.slice()) else null,
                .buffers = buffers,
            };
        }
        try to.batches.append(arena, parts);
    }

    fn declareIndex(
        context: *anyopaque,
        handle: u32,
        column: []const u8,
        kind: []const u8,
        settings: []const abi.Setting,
    ) abi.Result {
        const self: *Host = @ptrCast(@alignCast(context));
        const arena = self.arena.allocator();
        self.tables.items[handle].indexes.append(arena, .{
            .column = arena.dupe(u8, column) catch @panic("there is no memory left"),
            .kind = arena.dupe(u8, kind) catch @panic("there is no memory left"),
            .settings = self.keepSettings(settings) catch @panic("there is no memory left"),
        }) catch @panic("there is no memory left");
        return .{ .failed = false, .is = .{ .handle = 0 } };
    }

    fn keepSettings(self: *Host, settings: []const abi.Setting) Allocator.Error![]const Setting {
        const arena = self.arena.allocator();
        const kept = try arena.alloc(Setting, settings.len);
        for (kept, settings) |*to, from| to.* = .{ try arena.dupe(u8, from.name.slice()), try arena.dupe(u8, from.value.slice()) };
        return kept;
    }
};

fn refused(refusal: Refusal) Allocator.Error!abi.Result {
    return .{ .failed = true, .is = .{ .failure = .{
        .code = .of(try abi.given.dupe(u8, refusal.code)),
        .message = .of(try abi.given.dupe(u8, refusal.message)),
        .table = .{ .is_some = false, .text = .empty },
        .column = .{
            .is_some = refusal.column != null,
            .text = .of(try abi.given.dupe(u8, refusal.column orelse "")),
        },
        .has_row = refusal.row != null,
        .row = refusal.row orelse 0,
        .details = .empty,
    } } };
}

/// Where a column's parts begin in a batch, and what it is.
fn placeOf(table: *const Table, name: []const u8) error{NoSuchColumn}!struct { usize, DataType } {
    var part: usize = 0;
    for (table.columns) |column| {
        if (std.mem.eql(u8, column.name, name)) return .{ part, .parse(column.type) };
        part += partCount(column.type);
    }
    return error.NoSuchColumn;
}

/// How many parts a column of a type has: one for each type that is in its text, but for the items of
/// vectors and the keys of dictionaries, and one more for the entries of maps.
fn partCount(text: []const u8) usize {
    const nested = [_]struct { []const u8, usize }{
        .{ "struct(", 1 },
        .{ "map(", 2 },
        .{ "fixed-size-list(", 1 },
        .{ "large-list(", 1 },
        .{ "list(", 1 },
    };
    const trimmed = std.mem.trim(u8, text, " !");
    if (std.mem.startsWith(u8, trimmed, "dictionary(")) return 2;
    for (nested) |known| {
        const inner = std.mem.cutPrefix(u8, trimmed, known[0]) orelse continue;
        var count = known[1];
        var depth: usize = 0;
        var quoted = false;
        var start: usize = 0;
        for (inner, 0..) |byte, at| switch (byte) {
            '"' => quoted = !quoted,
            '(' => depth += @intFromBool(!quoted),
            ':' => if (!quoted and depth == 0) {
                start = at + 1;
            },
            ',', ')' => if (!quoted) {
                if (depth == 0) {
                    const argument = std.mem.trim(u8, inner[start..at], " ");
                    // The size of a list of fixed size is no type.
                    if (argument.len > 0 and !std.ascii.isDigit(argument[0])) count += partCount(argument);
                    start = at + 1;
                }
                if (byte == ')') depth -|= 1;
            },
            else => {},
        };
        return count;
    }
    return 1;
}

/// The value at a position of a column, as a Zig value.
fn decode(arena: Allocator, comptime T: type, of: DataType, parts: []const Sent, at: usize) !T {
    const part = parts[0];
    if (@typeInfo(T) == .optional) {
        if (part.isNull(at)) return null;
        return try decode(arena, @typeInfo(T).optional.child, of, parts, at);
    }
    if (part.isNull(at)) return error.UnexpectedNull;
    // What text does not tell of a nested type, the Zig type does.
    const to: DataType = switch (@typeInfo(T)) {
        .pointer, .@"struct" => if (of.kind == .other) comptime .of(T) else of,
        else => of,
    };
    switch (@typeInfo(T)) {
        .bool => return part.buffers[0][at / 8] >> @intCast(at % 8) & 1 == 1,
        .int, .float => return scalar(T, to, part.buffers[0][at * to.width ..][0..to.width]),
        .array => |array| {
            var items: T = undefined;
            const bytes = part.buffers[0][at * to.width ..][0..to.width];
            if (bytes.len != @sizeOf(T)) return error.OtherSize;
            @memcpy(std.mem.sliceAsBytes(items[0..array.len]), bytes);
            return items;
        },
        .@"enum" => return std.meta.stringToEnum(T, try decode(arena, []const u8, to, parts, at)) orelse error.NoSuchTag,
        .pointer => |pointer| {
            if (to.kind == .vector) {
                const items = try arena.alloc(pointer.child, to.width / @sizeOf(pointer.child));
                @memcpy(std.mem.sliceAsBytes(items), part.buffers[0][at * to.width ..][0..to.width]);
                return items;
            }
            if (pointer.child == u8 and to.kind == .raw) return part.buffers[0][at * to.width ..][0..to.width];
            const start = offset(part, to.width, at);
            const end = offset(part, to.width, at + 1);
            if (pointer.child == u8) return part.buffers[1][start..end];
            const items = try arena.alloc(pointer.child, end - start);
            for (items, start..) |*item, position| item.* = try decode(
                arena,
                pointer.child,
                comptime itemType(pointer.child),
                parts[1..],
                position,
            );
            return items;
        },
        .@"struct" => |structure| {
            if (@hasDecl(T, "lance_type")) return .{ .value = try decode(arena, @FieldType(T, "value"), .parse(T.lance_type), parts, at) };
            var value: T = undefined;
            comptime var next: usize = 1;
            inline for (structure.field_names, structure.field_types) |name, Field| {
                const field = comptime itemType(Field);
                @field(value, name) = try decode(arena, Field, field, parts[next..], at);
                next += comptime field.partCount();
            }
            return value;
        },
        else => @compileError(@typeName(T) ++ " is nothing that a column holds"),
    }
}

fn itemType(comptime T: type) DataType {
    return data_type.partOf("", T).type;
}

fn scalar(comptime T: type, of: DataType, bytes: []const u8) T {
    switch (@typeInfo(T)) {
        .int => switch (of.width) {
            inline 1, 2, 4, 8, 16, 32 => |width| {
                const word = std.mem.readInt(@Int(.unsigned, 8 * width), bytes[0..width], .little);
                if (of.kind == .unsigned) return @intCast(word);
                return @intCast(@as(@Int(.signed, 8 * width), @bitCast(word)));
            },
            else => unreachable,
        },
        else => switch (of.width) {
            inline 2, 4, 8 => |width| {
                const word = std.mem.readInt(@Int(.unsigned, 8 * width), bytes[0..width], .little);
                return @floatCast(@as(FloatOf(width), @bitCast(word)));
            },
            else => unreachable,
        },
    }
}

fn offset(part: Sent, width: usize, at: usize) usize {
    const bytes = part.buffers[0][at * width ..];
    return if (width == 4) std.mem.readInt(u32, bytes[0..4], .little) else @intCast(std.mem.readInt(u64, bytes[0..8], .little));
}

test "the parts of nested columns are counted" {
    for ([_]struct { []const u8, usize }{
        .{ "decimal128(10, 2)", 1 },
        .{ "vector(float32, 3)", 1 },
        .{ "list(vector(float32, 3)!)", 2 },
        .{ "struct(x: float64!, \"a, b: (c)\": list(utf8))", 4 },
        .{ "map(utf8, struct(a: int8, b: int8))", 6 },
        .{ "fixed-size-list(int8, 3)", 2 },
        .{ "dictionary(int32, utf8)", 2 },
    }) |case| try std.testing.expectEqual(case[1], partCount(case[0]));
}
