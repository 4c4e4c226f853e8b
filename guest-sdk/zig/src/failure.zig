//! What went wrong in a declaration, and where.
//!
//! Zig's errors are names; what there is to say beside the name is in a `Failure`, of which a
//! pipeline has one.

const std = @import("std");
const Allocator = std.mem.Allocator;

const abi = @import("abi.zig");

/// A name and its value.
pub const Setting = struct { []const u8, []const u8 };

/// Why a declaration is refused: the codes of the contract, in the manner of Zig. The `Failure` of
/// the pipeline says more.
pub const Error = error{
    UnknownDatabase,
    InvalidSchema,
    DuplicateTable,
    UnknownColumn,
    WrongColumnCount,
    TypeMismatch,
    NullInRequiredColumn,
    InvalidValue,
    InvalidUtf8,
    DimensionMismatch,
    DuplicateKey,
    TooLarge,
    TooLate,
    Unsupported,
    /// Also for a code that this SDK does not know: `Failure.code` has it.
    Internal,
    OutOfMemory,
};

const codes = [_]struct { []const u8, Error }{
    .{ "unknown-database", error.UnknownDatabase },
    .{ "invalid-schema", error.InvalidSchema },
    .{ "duplicate-table", error.DuplicateTable },
    .{ "unknown-column", error.UnknownColumn },
    .{ "wrong-column-count", error.WrongColumnCount },
    .{ "type-mismatch", error.TypeMismatch },
    .{ "null-in-required-column", error.NullInRequiredColumn },
    .{ "invalid-value", error.InvalidValue },
    .{ "invalid-utf8", error.InvalidUtf8 },
    .{ "dimension-mismatch", error.DimensionMismatch },
    .{ "duplicate-key", error.DuplicateKey },
    .{ "too-large", error.TooLarge },
    .{ "too-late", error.TooLate },
    .{ "unsupported", error.Unsupported },
    .{ "internal", error.Internal },
};

/// The last thing that was refused. Its texts hold until the next is.
pub const Failure = struct {
    /// Stable and meant for programs, such as `dimension-mismatch`; the contract lists them.
    code: []const u8 = "",
    /// Meant for people. It does not tell the place.
    message: []const u8 = "",
    /// DATABASE/TABLE, or empty.
    table: []const u8 = "",
    /// The column, or empty.
    column: []const u8 = "",
    /// The row's position among all rows declared for the table, from 0.
    row: ?u64 = null,
    /// More facts.
    details: []const Setting = &.{},
    /// What was returned when this was written.
    returned: ?anyerror = null,
    arena: std.heap.ArenaAllocator,

    pub fn init(gpa: Allocator) Failure {
        return .{ .arena = .init(gpa) };
    }

    pub fn deinit(self: *Failure) void {
        self.arena.deinit();
    }

    /// Whether this is what there is to say of an error.
    pub fn isOf(self: *const Failure, err: anyerror) bool {
        return if (self.returned) |returned| returned == err else false;
    }

    /// Forgets what it says.
    fn clear(self: *Failure) void {
        var arena = self.arena;
        _ = arena.reset(.retain_capacity);
        self.* = .{ .arena = arena };
    }

    /// Writes one of the SDK's own, without a place.
    pub fn refuse(self: *Failure, err: Error, comptime message: []const u8, args: anytype) Error {
        self.clear();
        self.code = codeOf(err);
        self.message = self.arena.allocator().print(message, args) catch return self.outOfMemory();
        self.returned = err;
        return err;
    }

    /// Writes one of a pipeline's own.
    pub fn fail(self: *Failure, comptime message: []const u8, args: anytype) error{PipelineFailed} {
        // Written before the last one goes, as that may be among the arguments.
        var arena: std.heap.ArenaAllocator = .init(self.arena.child_allocator);
        const text = arena.allocator().print(message, args) catch "there is no memory left for the message";
        self.arena.deinit();
        self.* = .{ .code = "pipeline", .message = text, .returned = error.PipelineFailed, .arena = arena };
        return error.PipelineFailed;
    }

    /// There is no memory for a message with more in it.
    pub fn outOfMemory(self: *Failure) Error {
        self.clear();
        self.code = "too-large";
        self.message = "there is no memory left";
        self.returned = error.OutOfMemory;
        return error.OutOfMemory;
    }

    /// Says where it was.
    pub fn at(
        self: *Failure,
        place: struct { table: []const u8 = "", column: []const u8 = "", row: ?u64 = null },
    ) void {
        const arena = self.arena.allocator();
        // Without memory it keeps silent about the place.
        if (place.table.len > 0) self.table = arena.dupe(u8, place.table) catch "";
        if (place.column.len > 0) self.column = arena.dupe(u8, place.column) catch "";
        if (place.row) |row| self.row = row;
    }

    /// Takes over what the host says, and gives its memory back.
    pub fn take(self: *Failure, said: abi.TargetError) Error {
        defer {
            abi.free(u8, said.code);
            abi.free(u8, said.message);
            if (said.table.is_some) abi.free(u8, said.table.text);
            if (said.column.is_some) abi.free(u8, said.column.text);
            abi.freeSettings(said.details);
        }
        self.clear();
        self.copy(.{
            .code = said.code.slice(),
            .message = said.message.slice(),
            .table = if (said.table.is_some) said.table.text.slice() else "",
            .column = if (said.column.is_some) said.column.text.slice() else "",
            .row = if (said.has_row) said.row else null,
            .arena = undefined,
        }) catch return self.outOfMemory();
        const details = self.arena.allocator().alloc(Setting, said.details.len) catch return self.outOfMemory();
        for (details, said.details.slice()) |*detail, from| detail.* = .{
            self.arena.allocator().dupe(u8, from.name.slice()) catch return self.outOfMemory(),
            self.arena.allocator().dupe(u8, from.value.slice()) catch return self.outOfMemory(),
        };
        self.details = details;
        const err = for (codes) |known| {
            if (std.mem.eql(u8, known[0], self.code)) break known[1];
        } else error.Internal;
        self.returned = err;
        return err;
    }

    /// Says the same as another.
    pub fn say(self: *Failure, other: *const Failure) Allocator.Error!void {
        self.clear();
        try self.copy(other.*);
    }

    fn copy(self: *Failure, other: Failure) Allocator.Error!void {
        const arena = self.arena.allocator();
        self.code = try arena.dupe(u8, other.code);
        self.message = try arena.dupe(u8, other.message);
        self.table = try arena.dupe(u8, other.table);
        self.column = try arena.dupe(u8, other.column);
        self.row = other.row;
        self.returned = other.returned;
        const details = try arena.alloc(Setting, other.details.len);
        for (details, other.details) |*to, from| to.* = .{ try arena.dupe(u8, from[0]), try arena.dupe(u8, from[1]) };
        self.details = details;
    }

    /// The message with its place, as every SDK tells it: `{f}`.
    pub fn format(self: Failure, writer: *std.Io.Writer) std.Io.Writer.Error!void {
        try writer.writeAll(self.message);
        var separator: []const u8 = " (";
        if (self.table.len > 0) {
            try writer.print("{s}table {s}", .{ separator, self.table });
            separator = ", ";
        }
        if (self.column.len > 0) {
            try writer.print("{s}column {s}", .{ separator, self.column });
            separator = ", ";
        }
        if (self.row) |row| {
            try writer.print("{s}row {d}", .{ separator, row });
            separator = ", ";
        }
        for (self.details) |detail| {
            // Most messages tell the details in words already.
            if (std.mem.find(u8, self.message, detail[1]) != null) continue;
            try writer.print("{s}{s}: {s}", .{ separator, detail[0], detail[1] });
            separator = ", ";
        }
        if (separator[0] == ',') try writer.writeAll(")");
    }
};

fn codeOf(err: Error) []const u8 {
    for (codes) |known| if (known[1] == err) return known[0];
    return "too-large";
}

test "a failure tells its place, and details that the message does not tell" {
    var failure: Failure = .init(std.testing.allocator);
    defer failure.deinit();
    try std.testing.expectEqual(
        error.InvalidValue,
        failure.refuse(error.InvalidValue, "{d} does not fit {s}", .{ 300, "uint8" }),
    );
    failure.at(.{ .table = "default/t", .column = "id", .row = 3 });
    failure.details = &.{ .{ "value", "300" }, .{ "limit", "255" } };
    try std.testing.expectFmt("300 does not fit uint8 (table default/t, column id, row 3, limit: 255)", "{f}", .{failure});
    try std.testing.expectEqual(error.PipelineFailed, failure.fail("no: {f}", .{failure}));
    try std.testing.expectFmt("no: 300 does not fit uint8 (table default/t, column id, row 3, limit: 255)", "{f}", .{failure});
}
