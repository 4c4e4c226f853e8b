package lancehost

import (
	"fmt"
	"strconv"
	"strings"
)

// Codes of errors that this package finds by itself. The contract of lance-host lists those of
// the host.
const (
	codeDimension = "dimension-mismatch"
	codeInvalid   = "invalid-value"
	codeNull      = "null-in-required-column"
	codeSchema    = "invalid-schema"
	codeType      = "type-mismatch"
	codeTooLarge  = "too-large"
	codeUnknown   = "unknown-column"
	codeInternal  = "internal"
)

// NoRow is the [Error.Row] of an error that concerns no row.
const NoRow = -1

// Error says why a declaration was refused, and where. It serves for what the host refuses and
// for what this package finds before it asks the host:
//
//	var refused *lancehost.Error
//	if errors.As(err, &refused) && refused.Code == "dimension-mismatch" {
//		log.Printf("row %d is left out", refused.Row)
//	}
type Error struct {
	// Code is stable and meant for programs, such as "duplicate-table".
	Code string
	// Message is meant for people, and does not tell the place.
	Message string
	// Table is DATABASE/TABLE, or empty.
	Table string
	// Column is the column's name, or empty.
	Column string
	// Row is the row's position among all rows declared for the table, from 0, or [NoRow].
	Row int64
	// Details are more facts as names and values.
	Details []Setting
}

// A Setting is a name and its value.
type Setting struct {
	Name, Value string
}

func (e *Error) Error() string {
	var place []string
	if e.Table != "" {
		place = append(place, "table "+e.Table)
	}
	if e.Column != "" {
		place = append(place, "column "+e.Column)
	}
	if e.Row >= 0 {
		place = append(place, "row "+strconv.FormatInt(e.Row, 10))
	}
	for _, detail := range e.Details {
		// Most messages tell the details in words already.
		if !strings.Contains(e.Message, detail.Value) {
			place = append(place, detail.Name+": "+detail.Value)
		}
	}
	if len(place) == 0 {
		return e.Message
	}
	return e.Message + " (" + strings.Join(place, ", ") + ")"
}

// refuse makes an error without a place.
func refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Row: NoRow}
}
