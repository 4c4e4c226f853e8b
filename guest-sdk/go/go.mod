module lance-host.dev/lancehost

go 1.24
