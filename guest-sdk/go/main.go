package lancehost

import "errors"

// The run that is going on.
var (
	given   Params
	outcome = errNoMain
)

var errNoMain = errors.New("the program's main function did not call lancehost.Main")

// Main runs the pipeline. It is all that a pipeline's main function does:
//
//	func main() {
//		lancehost.Main(run)
//	}
//
// If the function returns an error or panics, nothing is written, and the user sees why.
func Main(run func(Params) error) {
	outcome = run(given)
	if outcome == nil {
		outcome = finish()
	}
}
