//! Makes tables of the time zone database: one of the zones, and one of every change of their clocks.

const std = @import("std");
const lance = @import("lance_host");

const Place = @import("place.zig").Place;

const Zone = struct {
    name: []const u8,
    countries: []const []const u8,
    comment: ?[]const u8,
    latitude: f64,
    longitude: f64,
    position: [3]f32,
    /// What holds after the last change, in the notation of POSIX.
    rule: ?[]const u8,
    changes: u32,
    /// Whether clocks still change in summer or winter.
    seasonal: bool,
};

const Change = struct {
    zone: []const u8,
    at: i64,
    abbreviation: []const u8,
    /// What is added to UTC from then on.
    offset: i64,
    summer: bool,
};

const Zones = lance.Table(Zone, .{ .primary_key = &.{"name"} });

const Changes = lance.Table(Change, .{ .primary_key = &.{ "zone", "at" }, .columns = &.{
    .{ .field = "at", .type = "timestamp(s, UTC)" },
    .{ .field = "offset", .type = "duration(s)" },
} });

comptime {
    lance.exportPipeline(run);
}

fn run(pipeline: *lance.Pipeline) !void {
    const root = pipeline.params.get("root") orelse "/zoneinfo";
    const folder = pipeline.openDir(root, .{}) catch |err|
        return pipeline.fail("cannot open {s}: {t}; grant it with --dir HOST::{s}", .{ root, err, root });
    defer folder.close(pipeline.io);
    const places = folder.readFileAlloc(pipeline.io, "zone1970.tab", pipeline.gpa, .limited(1 << 20)) catch |err|
        return pipeline.fail("cannot read zone1970.tab: {t}", .{err});
    defer pipeline.gpa.free(places);

    const zones = try pipeline.table(Zones, .{ .name = "zones" });
    const changes = try pipeline.table(Changes, .{ .name = "changes" });
    try changes.declareIndex("at", .btree);

    // What one zone needs goes before the next.
    var arena: std.heap.ArenaAllocator = .init(pipeline.gpa);
    defer arena.deinit();
    var lines = std.mem.splitScalar(u8, places, '\n');
    var number: usize = 1;
    while (lines.next()) |line| : (number += 1) {
        _ = arena.reset(.retain_capacity);
        const place = Place.parse(line) catch
            return pipeline.fail("line {d} of zone1970.tab tells of no place", .{number});
        try declare(pipeline, folder, arena.allocator(), zones, changes, place orelse continue);
    }
}

/// Declares a zone, and every change in its file.
fn declare(pipeline: *lance.Pipeline, folder: std.Io.Dir, arena: std.mem.Allocator, zones: *Zones, changes: *Changes, place: Place) !void {
    const bytes = folder.readFileAlloc(pipeline.io, place.zone, arena, .limited(1 << 20)) catch |err|
        return pipeline.fail("cannot read the zone {s}: {t}", .{ place.zone, err });
    var reader: std.Io.Reader = .fixed(bytes);
    // A zone that cannot be read must not be taken for one that is gone.
    const zone = std.Tz.parse(arena, &reader) catch |err|
        return pipeline.fail("the file of the zone {s} is damaged: {t}", .{ place.zone, err });

    for (zone.transitions) |change| {
        try changes.declare(.{
            .zone = place.zone,
            .at = change.ts,
            .abbreviation = change.timetype.name(),
            .offset = change.timetype.offset,
            .summer = change.timetype.isDst(),
        });
    }

    var countries: std.ArrayList([]const u8) = .empty;
    var codes = std.mem.splitScalar(u8, place.countries, ',');
    while (codes.next()) |code| try countries.append(arena, code);
    try zones.declare(.{
        .name = place.zone,
        .countries = countries.items,
        .comment = place.comment,
        .latitude = place.latitude,
        .longitude = place.longitude,
        .position = place.position(),
        .rule = zone.footer,
        .changes = @intCast(zone.transitions.len),
        // The rule names the days on which clocks change.
        .seasonal = if (zone.footer) |rule| std.mem.findScalar(u8, rule, ',') != null else false,
    });
}

test {
    _ = @import("place.zig");
}

test "a zone has a row, and each of its changes" {
    const io = std.testing.io;
    var folder = std.testing.tmpDir(.{});
    defer folder.cleanup();
    try folder.dir.writeFile(io, .{ .sub_path = "zone1970.tab", .data = "# places\nXX,YY\t+0130-00200\tTest\n" });
    try folder.dir.writeFile(io, .{ .sub_path = "Test", .data = comptime file(&.{ .{ -10, 0 }, .{ 20, 1 } }, "TST-1TSS,M3.5.0,M10.5.0") });
    const root = try folder.dir.realPathFileAlloc(io, ".", std.testing.allocator);
    defer std.testing.allocator.free(root);

    var host: lance.testing.Host = .init(std.testing.allocator);
    defer host.deinit();
    try host.run(run, &.{.{ .name = "root", .value = root }});
    try std.testing.expectEqualDeep(@as([]const Change, &.{
        .{ .zone = "Test", .at = -10, .abbreviation = "TST", .offset = 3600, .summer = false },
        .{ .zone = "Test", .at = 20, .abbreviation = "TSS", .offset = 7200, .summer = true },
    }), try host.rows(Change, "changes"));
    const zone = (try host.rows(Zone, "zones"))[0];
    try std.testing.expectEqualDeep(@as([]const []const u8, &.{ "XX", "YY" }), zone.countries);
    try std.testing.expectEqual(2, zone.changes);
    try std.testing.expect(zone.seasonal);

    try folder.dir.writeFile(io, .{ .sub_path = "Test", .data = "no zone" });
    try std.testing.expectError(error.PipelineFailed, host.run(run, &.{.{ .name = "root", .value = root }}));
    try std.testing.expectEqualStrings("the file of the zone Test is damaged: EndOfStream", host.failure);
}

/// A file of the database with these changes, to one of two types of time.
fn file(comptime changes: []const struct { i64, u8 }, comptime rule: []const u8) []const u8 {
    const head = "TZif2" ++ &@as([15]u8, @splat(0));
    const none = @as([6]u32, .{ 0, 0, 0, 0, 1, 1 });
    const counts = @as([6]u32, .{ 0, 0, 0, changes.len, 2, 8 });
    // The first block is for programs that know 32 bits only.
    var bytes: []const u8 = head ++ numbers(u32, &none) ++ numbers(i32, &.{0}) ++ "\x00\x00\x00" ++ head ++ numbers(u32, &counts);
    for (changes) |change| bytes = bytes ++ numbers(i64, &.{change[0]});
    for (changes) |change| bytes = bytes ++ .{change[1]};
    return bytes ++ numbers(i32, &.{3600}) ++ "\x00\x00" ++ numbers(i32, &.{7200}) ++ "\x01\x04" ++ "TST\x00TSS\x00" ++ "\n" ++ rule ++ "\n";
}

/// Numbers as they are in a file: the highest byte first.
fn numbers(comptime T: type, comptime values: []const T) []const u8 {
    var bytes: []const u8 = "";
    for (values) |value| bytes = bytes ++ std.mem.asBytes(&std.mem.nativeToBig(T, value));
    return bytes;
}
