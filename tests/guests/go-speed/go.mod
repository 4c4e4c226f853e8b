module lance-host.dev/tests/go-speed

go 1.24

require lance-host.dev/lancehost v0.1.0

replace lance-host.dev/lancehost => ../../../guest-sdk/go
