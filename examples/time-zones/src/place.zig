//! The places of `zone1970.tab`: one line for each time zone.

const std = @import("std");

pub const Place = struct {
    zone: []const u8,
    /// Codes of the countries that it is in, separated by commas.
    countries: []const u8,
    latitude: f64,
    longitude: f64,
    comment: ?[]const u8,

    /// Reads a line; null if it is empty or a comment.
    pub fn parse(line: []const u8) error{Malformed}!?Place {
        if (line.len == 0 or line[0] == '#') return null;
        var fields = std.mem.splitScalar(u8, line, '\t');
        const countries = fields.next() orelse return error.Malformed;
        const coordinates = fields.next() orelse return error.Malformed;
        const zone = fields.next() orelse return error.Malformed;
        if (coordinates.len == 0) return error.Malformed;
        // The longitude begins at the second sign.
        const middle = std.mem.findAnyPos(u8, coordinates, 1, "+-") orelse return error.Malformed;
        return .{
            .zone = zone,
            .countries = countries,
            .latitude = try degrees(coordinates[0..middle], 2),
            .longitude = try degrees(coordinates[middle..], 3),
            .comment = fields.next(),
        };
    }

    /// The place on a sphere of radius 1, where what is near on earth is near.
    pub fn position(self: Place) [3]f32 {
        const north = std.math.degreesToRadians(self.latitude);
        const east = std.math.degreesToRadians(self.longitude);
        return .{
            @floatCast(@cos(north) * @cos(east)),
            @floatCast(@cos(north) * @sin(east)),
            @floatCast(@sin(north)),
        };
    }
};

/// Reads degrees, of which there are so many digits, and minutes and seconds of two each: `+4852`.
fn degrees(text: []const u8, digits: usize) error{Malformed}!f64 {
    const minutes = text.len - @min(text.len, 1 + digits);
    if (minutes != 2 and minutes != 4) return error.Malformed;
    var value: f64 = 0;
    var unit: f64 = 1;
    var at: usize = 1;
    while (at < text.len) : (unit *= 60) {
        const end = if (at == 1) 1 + digits else at + 2;
        const part = std.fmt.parseInt(u16, text[at..end], 10) catch return error.Malformed;
        value += @as(f64, @floatFromInt(part)) / unit;
        at = end;
    }
    return if (text[0] == '-') -value else value;
}

test "a line tells where a zone is" {
    const paris = (try Place.parse("FR,MC\t+4852+00220\tEurope/Paris")).?;
    try std.testing.expectEqualStrings("Europe/Paris", paris.zone);
    try std.testing.expectEqualStrings("FR,MC", paris.countries);
    try std.testing.expectEqual(null, paris.comment);
    try std.testing.expectApproxEqAbs(48.8667, paris.latitude, 0.0001);
    try std.testing.expectApproxEqAbs(2.3333, paris.longitude, 0.0001);

    const lima = (try Place.parse("US\t+340308-1181434\tAmerica/Los_Angeles\tPacific")).?;
    try std.testing.expectApproxEqAbs(34.0522, lima.latitude, 0.0001);
    try std.testing.expectApproxEqAbs(-118.2428, lima.longitude, 0.0001);
    try std.testing.expectEqualStrings("Pacific", lima.comment.?);

    try std.testing.expectEqual(null, try Place.parse("# a comment"));
    for ([_][]const u8{ "FR", "FR\t+4852\tEurope/Paris", "FR\t+48+00220\tX", "FR\t+48xx+00220\tX" }) |line|
        try std.testing.expectError(error.Malformed, Place.parse(line));
}

test "near on earth is near on the sphere" {
    const equator: Place = .{ .zone = "", .countries = "", .latitude = 0, .longitude = 90, .comment = null };
    try std.testing.expectApproxEqAbs(1, equator.position()[1], 1e-6);
}
