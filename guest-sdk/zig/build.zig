//! Builds the tests of the SDK, and pipelines of those who depend on it.

const std = @import("std");

pub fn build(b: *std.Build) void {
    const module = b.addModule("lance_host", .{ .root_source_file = b.path("src/root.zig") });
    const tests = b.addTest(.{ .root_module = b.createModule(.{
        .root_source_file = module.root_source_file,
        .target = b.graph.host,
        .optimize = .Debug,
    }) });
    b.step("test", "Runs the tests of the SDK").dependOn(&b.addRunArtifact(tests).step);
}

/// A pipeline, as `addPipeline` takes it.
pub const PipelineOptions = struct {
    /// What its core module is called.
    name: []const u8,
    /// The file that calls `exportPipeline`.
    root_source_file: std.Build.LazyPath,
    /// What it imports besides `lance_host`.
    imports: []const std.Build.Module.Import = &.{},
    /// How its component is optimised. The tests are not.
    optimize: std.builtin.OptimizeMode = .ReleaseSafe,
};

/// Adds what a pipeline's `build.zig` needs: the default step makes `zig-out/bin/NAME.wasm`, a core
/// module of which `lance-host build` makes a component, and the step `test` runs the tests of the root
/// source file on the machine at hand.
///
///     const std = @import("std");
///     const lance_host = @import("lance_host");
///
///     pub fn build(b: *std.Build) void {
///         lance_host.addPipeline(b, .{ .name = "documents", .root_source_file = b.path("src/main.zig") });
///     }
pub fn addPipeline(b: *std.Build, options: PipelineOptions) void {
    const sdk = b.dependencyFromBuildZig(@This(), .{}).module("lance_host");
    const module = b.createModule(.{
        .root_source_file = options.root_source_file,
        .target = b.resolveTargetQuery(.{
            .cpu_arch = .wasm32,
            .os_tag = .wasi,
            // Copies memory by an instruction instead of a loop.
            .cpu_features_add = std.Target.wasm.featureSet(&.{.bulk_memory}),
        }),
        .optimize = options.optimize,
        .imports = options.imports,
        // What a panic says has no use for more than names, which stay.
        .error_tracing = false,
    });
    module.addImport("lance_host", sdk);
    const core = b.addExecutable(.{ .name = options.name, .root_module = module });
    core.wasi_exec_model = .reactor;
    core.entry = .disabled;
    core.rdynamic = true;
    b.installArtifact(core);

    const test_module = b.createModule(.{
        .root_source_file = options.root_source_file,
        .target = b.graph.host,
        .optimize = .Debug,
        .imports = options.imports,
    });
    test_module.addImport("lance_host", sdk);
    const tests = b.addTest(.{ .root_module = test_module });
    b.step("test", "Runs the tests of the pipeline").dependOn(&b.addRunArtifact(tests).step);
}
