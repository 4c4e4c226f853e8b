//! The parameters of a run.

const std = @import("std");

/// The parameters of a run (`--param NAME=VALUE`), in the order given. Where a name was given twice,
/// the last value counts.
pub const Params = struct {
    items: []const Item = &.{},

    pub const Item = struct {
        name: []const u8,
        value: []const u8,
    };

    /// The value of a parameter; null if it was not given.
    pub fn get(self: Params, name: []const u8) ?[]const u8 {
        var rest = self.items;
        while (rest.len > 0) : (rest = rest[0 .. rest.len - 1]) {
            const item = rest[rest.len - 1];
            if (std.mem.eql(u8, item.name, name)) return item.value;
        }
        return null;
    }

    /// The value of a parameter as a number; null if it was not given.
    pub fn int(self: Params, comptime T: type, name: []const u8) std.fmt.ParseIntError!?T {
        return try std.fmt.parseInt(T, self.get(name) orelse return null, 10);
    }
};

test "the last value of a parameter counts" {
    const params: Params = .{ .items = &.{
        .{ .name = "root", .value = "/a" },
        .{ .name = "limit", .value = "12" },
        .{ .name = "root", .value = "/b" },
    } };
    try std.testing.expectEqualStrings("/b", params.get("root").?);
    try std.testing.expectEqual(12, try params.int(u8, "limit"));
    try std.testing.expectEqual(null, try params.int(u8, "other"));
    try std.testing.expectError(error.InvalidCharacter, params.int(u8, "root"));
}
