package lancehost

import (
	"encoding"
	"fmt"
	"reflect"
	"time"
	"unicode/utf8"
	"unsafe"
)

// An appender appends the Go value at an address to its column. It was made for the value's type,
// so that no reflection is needed for each row.
type appender func(p unsafe.Pointer) error

var (
	timeType          = reflect.TypeFor[time.Time]()
	durationType      = reflect.TypeFor[time.Duration]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// compile makes the appender for Go values of a type.
func compile(t reflect.Type, b *builder) (appender, error) {
	if value, isNull := sqlNull(t); isNull {
		return compileSQLNull(t, value, b)
	}
	if t.Kind() == reflect.Pointer {
		inner, err := compile(t.Elem(), b)
		if err != nil {
			return nil, err
		}
		return func(p unsafe.Pointer) error {
			if target := *(*unsafe.Pointer)(p); target != nil {
				return inner(target)
			}
			return b.null()
		}, nil
	}
	if b.dataType.kind == kindJSON {
		return compileJSON(t, b), nil
	}
	if t.Kind() == reflect.Interface {
		values := dynamic{builder: b}
		return func(p unsafe.Pointer) error {
			value := reflect.NewAt(t, p).Elem()
			if value.IsNil() {
				return b.null()
			}
			return values.append(value.Interface())
		}, nil
	}
	var made appender
	switch b.dataType.kind {
	case kindBool:
		if t.Kind() == reflect.Bool {
			made = func(p unsafe.Pointer) error {
				b.appendBool(*(*bool)(p))
				return nil
			}
		}
	case kindInt, kindUint, kindFloat:
		made = compileNumber(t, b)
	case kindText:
		made = compileText(t, b)
	case kindBytes, kindFixedBytes:
		made = compileBytes(t, b)
	case kindDate, kindTime, kindTimestamp, kindDuration:
		made = compileTime(t, b)
	case kindDecimal:
		made = compileDecimal(t, b)
	case kindVector:
		made = compileVector(t, b)
	case kindList, kindFixedList:
		return compileList(t, b)
	case kindStruct:
		return compileStruct(t, b)
	case kindMap:
		return compileMap(t, b)
	case kindDictionary:
		return compileDictionary(t, b)
	}
	if made == nil {
		return nil, noPlace(t, b)
	}
	return made, nil
}

func noPlace(t reflect.Type, b *builder) error {
	return refuse(codeType, "a Go value of type %s has no place in %s", t, b.dataType.text)
}

// orNull makes nil a null of the column, rather than an empty value.
func orNull(t reflect.Type, b *builder, inner appender) appender {
	return func(p unsafe.Pointer) error {
		if reflect.NewAt(t, p).Elem().IsNil() {
			return b.null()
		}
		return inner(p)
	}
}

// sqlNull is whether a type is one of database/sql that may be null, and the type of its value.
func sqlNull(t reflect.Type) (value reflect.Type, ok bool) {
	if t.PkgPath() != "database/sql" || t.Kind() != reflect.Struct || t.NumField() != 2 ||
		t.Field(1).Name != "Valid" {
		return nil, false
	}
	return t.Field(0).Type, true
}

func compileSQLNull(t, value reflect.Type, b *builder) (appender, error) {
	inner, err := compile(value, b)
	if err != nil {
		return nil, err
	}
	valid := t.Field(1).Offset
	return func(p unsafe.Pointer) error {
		if *(*bool)(unsafe.Add(p, valid)) {
			return inner(p)
		}
		return b.null()
	}, nil
}

// compileText returns nil if the type has no text.
func compileText(t reflect.Type, b *builder) appender {
	if t.Kind() == reflect.String && !isTextMarshaler(t) {
		return func(p unsafe.Pointer) error {
			b.appendString(*(*string)(p))
			return nil
		}
	}
	text := textOf(t)
	if text == nil {
		return nil
	}
	return func(p unsafe.Pointer) error {
		value, err := text(p)
		if err == nil {
			b.appendString(value)
		}
		return err
	}
}

func isTextMarshaler(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(textMarshalerType)
}

// textOf reads the text of a value; nil if the type has none.
func textOf(t reflect.Type) func(p unsafe.Pointer) (string, error) {
	switch {
	case t == timeType: // It has a column of its own, and no text by accident.
		return nil
	case isTextMarshaler(t):
		return func(p unsafe.Pointer) (string, error) {
			text, err := reflect.NewAt(t, p).Interface().(encoding.TextMarshaler).MarshalText()
			if err != nil {
				return "", refuse(codeInvalid, "there is no text for it: %v", err)
			}
			return string(text), nil
		}
	case t.Kind() == reflect.String:
		return func(p unsafe.Pointer) (string, error) { return *(*string)(p), nil }
	}
	return nil
}

// compileBytes returns nil if the type has no bytes.
func compileBytes(t reflect.Type, b *builder) appender {
	var load func(p unsafe.Pointer) []byte
	switch {
	case t.Kind() == reflect.String:
		load = func(p unsafe.Pointer) []byte { return []byte(*(*string)(p)) }
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		load = func(p unsafe.Pointer) []byte { return *(*[]byte)(p) }
	case t.Kind() == reflect.Array && t.Elem().Kind() == reflect.Uint8:
		size := t.Len()
		load = func(p unsafe.Pointer) []byte { return unsafe.Slice((*byte)(p), size) }
	default:
		return nil
	}
	if b.dataType.kind == kindBytes {
		return func(p unsafe.Pointer) error {
			b.appendVariable(load(p))
			return nil
		}
	}
	size := b.dataType.size
	return func(p unsafe.Pointer) error {
		value := load(p)
		if len(value) != size {
			return refuse(codeInvalid, "the value has %d bytes instead of %d", len(value), size)
		}
		b.appendFixed(value)
		return nil
	}
}

// dynamic appends values whose types show only when they come.
type dynamic struct {
	builder   *builder
	appenders map[reflect.Type]appender
}

func (d *dynamic) append(value any) error {
	if value == nil {
		return d.builder.null()
	}
	t := reflect.TypeOf(value)
	appendTo, known := d.appenders[t]
	if !known {
		var err error
		if appendTo, err = compile(t, d.builder); err != nil {
			// The value says more than its type.
			return refuse(codeType, "%s is no %s", shown(value), d.builder.dataType.text)
		}
		if d.appenders == nil {
			d.appenders = map[reflect.Type]appender{}
		}
		d.appenders[t] = appendTo
	}
	box := reflect.New(t)
	box.Elem().Set(reflect.ValueOf(value))
	return appendTo(box.UnsafePointer())
}

// shown is a value and its type, for people.
func shown(value any) string {
	const most = 60
	text := fmt.Sprintf("%+v", value)
	if reflect.TypeOf(value).Kind() == reflect.String {
		text = fmt.Sprintf("%q", value)
	}
	if len(text) > most {
		end := most
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	return fmt.Sprintf("the %T %s", value, text)
}
