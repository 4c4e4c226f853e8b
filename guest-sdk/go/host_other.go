//go:build !wasip1

package lancehost

// host is the target outside of lance-host: there is none, but in tests.
var host target = noHost{}

type noHost struct{}

func (noHost) declareTable(_, _ string, _ []Column, _ []string, _ []Setting) (hostTable, error) {
	return nil, refuse(codeInternal, "there is no host: build the pipeline with GOOS=wasip1 GOARCH=wasm, and run it with lance-host")
}
