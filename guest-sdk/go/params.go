package lancehost

import (
	"fmt"
	"strconv"
)

// Params are the parameters of a run, in the order given (--param NAME=VALUE). Where a name was
// given twice, the last value counts.
type Params []Setting

// Lookup returns the value of a parameter, and whether it was given.
func (p Params) Lookup(name string) (value string, given bool) {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i].Name == name {
			return p[i].Value, true
		}
	}
	return "", false
}

// Get returns the value of a parameter, or a default if it was not given.
func (p Params) Get(name, otherwise string) string {
	if value, given := p.Lookup(name); given {
		return value
	}
	return otherwise
}

// Require returns the value of a parameter, or an error that says how to give it.
func (p Params) Require(name string) (string, error) {
	if value, given := p.Lookup(name); given {
		return value, nil
	}
	return "", fmt.Errorf("parameter %s is missing: give it with --param %s=VALUE", name, name)
}

// Int returns the value of a parameter as a number, or a default if it was not given.
func (p Params) Int(name string, otherwise int) (int, error) {
	value, given := p.Lookup(name)
	if !given {
		return otherwise, nil
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		return 0, fmt.Errorf("parameter %s cannot be %q: it is no whole number", name, value)
	}
	return number, nil
}
