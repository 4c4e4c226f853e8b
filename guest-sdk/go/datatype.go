package lancehost

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A dataType is what the text of a column's type says.
type dataType struct {
	kind typeKind
	text string
	// unit is "s", "ms", "us" or "ns".
	unit string
	// zoned is whether a timestamp has a zone.
	zoned bool
	// precision and scale are those of a decimal.
	precision, scale int
	// size is the number of bytes or items where the type fixes it.
	size int
	// width is the bytes of one value of fixed width.
	width int
	// parts are the items of a list or vector, the fields of a struct, the key and the value
	// of a map or a dictionary.
	parts []part
}

// A part is what a nested type is made of.
type part struct {
	name     string
	dataType *dataType
	nullable bool
}

// typeKind groups types by the way that values become theirs.
type typeKind int

const (
	kindBool typeKind = iota
	kindInt
	kindUint
	kindFloat
	kindText
	kindBytes
	kindJSON
	kindFixedBytes
	kindDate
	kindTime
	kindTimestamp
	kindDuration
	kindDecimal
	kindVector
	kindList
	kindFixedList
	kindStruct
	kindMap
	kindDictionary
)

// plainTypes are the types that are one word.
var plainTypes = map[string]dataType{
	"bool":         {kind: kindBool},
	"int8":         {kind: kindInt, width: 1},
	"int16":        {kind: kindInt, width: 2},
	"int32":        {kind: kindInt, width: 4},
	"int64":        {kind: kindInt, width: 8},
	"uint8":        {kind: kindUint, width: 1},
	"uint16":       {kind: kindUint, width: 2},
	"uint32":       {kind: kindUint, width: 4},
	"uint64":       {kind: kindUint, width: 8},
	"float16":      {kind: kindFloat, width: 2},
	"float32":      {kind: kindFloat, width: 4},
	"float64":      {kind: kindFloat, width: 8},
	"utf8":         {kind: kindText, width: 4},
	"large-utf8":   {kind: kindText, width: 8},
	"binary":       {kind: kindBytes, width: 4},
	"large-binary": {kind: kindBytes, width: 8},
	"json":         {kind: kindJSON, width: 4},
	"date32":       {kind: kindDate, unit: "d", width: 4},
	"date64":       {kind: kindDate, unit: "ms", width: 8},
}

// maxDepth is how deep types may be nested, as for the host.
const maxDepth = 16

// parseType reads the text of a type.
func parseType(text string) (*dataType, error) {
	p := typeParser{text: text}
	parsed, err := p.dataType(1)
	if err == nil && p.peek() != 0 {
		err = p.errorf("the type ends before %q", p.text[p.at:])
	}
	if err != nil {
		return nil, err
	}
	return parsed, nil
}

// typeParser reads a type from left to right.
type typeParser struct {
	text string
	at   int
}

func (p *typeParser) errorf(format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	return refuse(codeSchema, "the type %q is wrong at character %d: %s",
		p.text, utf8.RuneCountInString(p.text[:p.at])+1, message)
}

// peek skips space and returns the next byte, 0 at the end.
func (p *typeParser) peek() byte {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *typeParser) take(wanted byte) bool {
	if p.peek() != wanted {
		return false
	}
	p.at++
	return true
}

func (p *typeParser) expect(wanted byte) error {
	if p.take(wanted) {
		return nil
	}
	return p.errorf("%q is missing", wanted)
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
		b == '_' || b == '-' || b >= utf8.RuneSelf
}

func (p *typeParser) word(what string) (string, error) {
	p.peek()
	start := p.at
	for p.at < len(p.text) && isWordByte(p.text[p.at]) {
		p.at++
	}
	if p.at == start {
		return "", p.errorf("%s is missing", what)
	}
	return p.text[start:p.at], nil
}

func (p *typeParser) number() (int, error) {
	word, err := p.word("a number")
	if err != nil {
		return 0, err
	}
	number, err := strconv.Atoi(word)
	if err != nil {
		p.at -= len(word)
		return 0, p.errorf("%q is no number", word)
	}
	return number, nil
}

func (p *typeParser) dataType(depth int) (*dataType, error) {
	if depth > maxDepth {
		return nil, p.errorf("types are nested at most %d deep", maxDepth)
	}
	p.peek()
	start := p.at
	name, err := p.word("a type")
	if err != nil {
		return nil, err
	}
	parsed := new(dataType)
	if plain, ok := plainTypes[name]; ok {
		*parsed = plain
	} else {
		arguments, ok := parameterized[name]
		if !ok {
			p.at = start
			return nil, p.errorf("there is no type %s", name)
		}
		if err := p.expect('('); err != nil {
			return nil, err
		}
		if err := arguments(p, parsed, depth); err != nil {
			return nil, err
		}
		if err := p.expect(')'); err != nil {
			return nil, err
		}
	}
	parsed.text = p.text[start:p.at]
	return parsed, nil
}

// parameterized are the types with arguments in parentheses, and how those are read.
var parameterized map[string]func(p *typeParser, t *dataType, depth int) error

// The functions refer back to the table.
func init() {
	parameterized = map[string]func(p *typeParser, t *dataType, depth int) error{
		"fixed-size-binary": func(p *typeParser, t *dataType, _ int) (err error) {
			t.kind = kindFixedBytes
			t.size, err = p.number()
			t.width = t.size
			return err
		},
		"time32":   timeArguments(kindTime, 4, "s", "ms"),
		"time64":   timeArguments(kindTime, 8, "us", "ns"),
		"duration": timeArguments(kindDuration, 8, "s", "ms", "us", "ns"),
		"timestamp": func(p *typeParser, t *dataType, depth int) error {
			err := timeArguments(kindTimestamp, 8, "s", "ms", "us", "ns")(p, t, depth)
			if err != nil || !p.take(',') {
				return err
			}
			t.zoned = true
			p.peek()
			end := strings.IndexByte(p.text[p.at:], ')')
			if end <= 0 {
				return p.errorf("a zone is missing")
			}
			p.at += end
			return nil
		},
		"decimal128":      decimalArguments(16),
		"decimal256":      decimalArguments(32),
		"vector":          vectorArguments,
		"list":            listArguments(kindList, 4),
		"large-list":      listArguments(kindList, 8),
		"fixed-size-list": listArguments(kindFixedList, 0),
		"struct":          structArguments,
		"map":             pairArguments(kindMap),
		"dictionary":      pairArguments(kindDictionary),
	}
}

func timeArguments(kind typeKind, width int, units ...string) func(*typeParser, *dataType, int) error {
	return func(p *typeParser, t *dataType, _ int) error {
		unit, err := p.word("a unit")
		if err != nil {
			return err
		}
		if !slices.Contains(units, unit) {
			p.at -= len(unit)
			return p.errorf("the unit is %s", strings.Join(units, " or "))
		}
		t.kind, t.width, t.unit = kind, width, unit
		return nil
	}
}

func decimalArguments(width int) func(*typeParser, *dataType, int) error {
	return func(p *typeParser, t *dataType, _ int) (err error) {
		t.kind, t.width = kindDecimal, width
		if t.precision, err = p.number(); err != nil {
			return err
		}
		if err := p.expect(','); err != nil {
			return err
		}
		// A minus is a character of a word.
		t.scale, err = p.number()
		return err
	}
}

func vectorArguments(p *typeParser, t *dataType, depth int) (err error) {
	t.kind = kindVector
	item, err := p.dataType(depth + 1)
	if err != nil {
		return err
	}
	t.parts = []part{{dataType: item}}
	switch item.text {
	case "float16", "float32", "float64", "uint8", "int8":
	default:
		return p.errorf("the items of a vector are float16, float32, float64, uint8 or int8")
	}
	if err := p.expect(','); err != nil {
		return err
	}
	t.size, err = p.number()
	t.width = t.size * item.width
	return err
}

func listArguments(kind typeKind, width int) func(*typeParser, *dataType, int) error {
	return func(p *typeParser, t *dataType, depth int) error {
		t.kind, t.width = kind, width
		item, err := p.item(depth)
		if err != nil {
			return err
		}
		t.parts = []part{item}
		if kind != kindFixedList {
			return nil
		}
		if err := p.expect(','); err != nil {
			return err
		}
		t.size, err = p.number()
		return err
	}
}

func structArguments(p *typeParser, t *dataType, depth int) error {
	t.kind = kindStruct
	for {
		name, err := p.fieldName()
		if err != nil {
			return err
		}
		if err := p.expect(':'); err != nil {
			return err
		}
		field, err := p.item(depth)
		if err != nil {
			return err
		}
		field.name = name
		t.parts = append(t.parts, field)
		if !p.take(',') {
			return nil
		}
	}
}

func pairArguments(kind typeKind) func(*typeParser, *dataType, int) error {
	return func(p *typeParser, t *dataType, depth int) error {
		key, err := p.dataType(depth + 1)
		if err != nil {
			return err
		}
		if err := p.expect(','); err != nil {
			return err
		}
		value, err := p.item(depth)
		if err != nil {
			return err
		}
		value.name = "value"
		t.kind, t.width = kind, 4
		t.parts = []part{{name: "key", dataType: key}, value}
		if kind == kindDictionary {
			if key.kind != kindInt && key.kind != kindUint {
				return p.errorf("the keys of a dictionary are integers")
			}
			t.width = key.width
			t.parts[1].nullable = false
		}
		return nil
	}
}

func (p *typeParser) item(depth int) (part, error) {
	item, err := p.dataType(depth + 1)
	return part{dataType: item, nullable: !p.take('!')}, err
}

func (p *typeParser) fieldName() (string, error) {
	if !p.take('"') {
		return p.word("a field's name")
	}
	var name strings.Builder
	for {
		end := strings.IndexByte(p.text[p.at:], '"')
		if end < 0 {
			return "", p.errorf("a quote is missing")
		}
		name.WriteString(p.text[p.at : p.at+end])
		p.at += end + 1
		// A quote within a name is written twice.
		if p.at == len(p.text) || p.text[p.at] != '"' {
			return name.String(), nil
		}
		name.WriteByte('"')
		p.at++
	}
}
