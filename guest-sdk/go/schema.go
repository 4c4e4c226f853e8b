package lancehost

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A goField is an exported field of a struct and what its tag says.
type goField struct {
	name     string
	goName   string
	goType   reflect.Type
	offset   uintptr
	key      bool
	json     bool
	nilNull  bool
	dataType string
	vector   int
}

// fieldsOf reads the fields of a struct. Those of an embedded struct count as its own.
func fieldsOf(t reflect.Type) ([]goField, error) {
	var fields []goField
	for i := range t.NumField() {
		field := t.Field(i)
		tag, tagged := field.Tag.Lookup("lance")
		if tag == "-" {
			continue
		}
		if field.Anonymous && !tagged && field.Type.Kind() == reflect.Struct && field.Type != timeType {
			embedded, err := fieldsOf(field.Type)
			if err != nil {
				return nil, err
			}
			for _, inner := range embedded {
				inner.offset += field.Offset
				fields = append(fields, inner)
			}
			continue
		}
		if !field.IsExported() {
			if tagged {
				return nil, refuse(codeSchema, "field %s of %s has a tag but is not exported", field.Name, t)
			}
			continue
		}
		read, err := parseTag(tag)
		if err != nil {
			return nil, refuse(codeSchema, "the tag of field %s of %s: %v", field.Name, t, err)
		}
		if read.name == "" {
			read.name = field.Name
		}
		read.goName, read.goType, read.offset = t.Name()+"."+field.Name, field.Type, field.Offset
		fields = append(fields, read)
	}
	return fields, nil
}

// parseTag reads `name,option,…`. A comma within parentheses belongs to a type.
func parseTag(tag string) (goField, error) {
	var field goField
	for i, word := range splitTag(tag) {
		if i == 0 {
			field.name = word
			continue
		}
		option, value, _ := strings.Cut(word, "=")
		switch option {
		case "key":
			field.key = true
		case "json":
			field.json = true
		case "nullable":
			field.nilNull = true
		case "type":
			field.dataType = value
		case "vector":
			size, err := strconv.Atoi(value)
			if err != nil || size <= 0 {
				return field, fmt.Errorf("vector=%s is not a number of items", value)
			}
			field.vector = size
		default:
			return field, fmt.Errorf("there is no option %q; known are key, json, nullable, type=… and vector=…", option)
		}
	}
	given := 0
	for _, said := range []bool{field.json, field.dataType != "", field.vector > 0} {
		if said {
			given++
		}
	}
	if given > 1 {
		return field, fmt.Errorf("only one of json, type and vector says what the column holds")
	}
	return field, nil
}

func splitTag(tag string) []string {
	var words []string
	depth, quoted, start := 0, false, 0
	for i, r := range tag {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			words = append(words, tag[start:i])
			start = i + 1
		}
	}
	return append(words, tag[start:])
}

// compileField makes the appender of a field to a column of some type.
func compileField(field goField, b *builder) (appender, error) {
	inner, err := compile(field.goType, b)
	if err != nil || !field.nilNull {
		return inner, err
	}
	return orNull(field.goType, b, inner), nil
}

// columnOf is the column that a field declares.
func columnOf(field goField) (Column, error) {
	c := Column{Name: field.name, Type: field.dataType}
	t := field.goType
	if field.nilNull {
		switch t.Kind() {
		case reflect.Slice, reflect.Map, reflect.Interface, reflect.Pointer:
			c.Nullable = true
		default:
			return c, refuse(codeSchema, "a %s is never nil: declare field %s as *%s", t, field.goName, t)
		}
	}
	for {
		if value, ok := sqlNull(t); ok {
			t = value
		} else if t.Kind() == reflect.Pointer {
			t = t.Elem()
		} else {
			break
		}
		c.Nullable = true
	}
	var err error
	switch {
	case field.json:
		c.Type = "json"
	case field.vector > 0:
		c.Type, err = vectorType(t, field)
	case c.Type == "":
		c.Type, err = defaultType(t, field)
	}
	if err == nil && field.key && c.Nullable {
		err = refuse(codeSchema, "field %s is part of the key, and a key is never null", field.goName)
	}
	return c, err
}

// itemTypes are the types of the items of vectors.
var itemTypes = map[reflect.Kind]string{
	reflect.Float32: "float32", reflect.Float64: "float64", reflect.Uint8: "uint8", reflect.Int8: "int8",
}

func vectorType(t reflect.Type, field goField) (string, error) {
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		if item, ok := itemTypes[t.Elem().Kind()]; ok {
			return fmt.Sprintf("vector(%s, %d)", item, field.vector), nil
		}
	}
	return "", refuse(codeSchema, "field %s is a %s, and the items of a vector are float32, float64, uint8 or int8",
		field.goName, t)
}

// defaultType is the type of a column about which nothing was said.
func defaultType(t reflect.Type, field goField) (string, error) {
	switch t {
	case timeType:
		return "timestamp(us, UTC)", nil
	case durationType:
		return "duration(us)", nil
	case reflect.TypeFor[json.RawMessage](), reflect.TypeFor[json.Number]():
		return "json", nil
	}
	if isTextMarshaler(t) {
		return "utf8", nil
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) {
		return "json", nil
	}
	switch kind := t.Kind(); kind {
	case reflect.Bool, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return kind.String(), nil
	case reflect.Int:
		return "int64", nil
	case reflect.Uint:
		return "uint64", nil
	case reflect.String:
		return "utf8", nil
	case reflect.Slice, reflect.Array:
		return defaultListType(t, field)
	case reflect.Struct, reflect.Map, reflect.Interface:
		return "json", nil
	}
	return "", refuse(codeSchema, "field %s is a %s, which no column holds; leave it out with `lance:\"-\"`",
		field.goName, t)
}

func defaultListType(t reflect.Type, field goField) (string, error) {
	item, isArray := t.Elem().Kind(), t.Kind() == reflect.Array
	switch {
	case item == reflect.Uint8 && isArray:
		return fmt.Sprintf("fixed-size-binary(%d)", t.Len()), nil
	case item == reflect.Uint8:
		return "binary", nil
	case isArray && itemTypes[item] != "":
		return fmt.Sprintf("vector(%s, %d)", itemTypes[item], t.Len()), nil
	case item == reflect.Float32 || item == reflect.Float64:
		return "", refuse(codeSchema, "field %s is a vector or a list: say vector=N for N items, "+
			"type=list(%s!) or json", field.goName, itemTypes[item])
	}
	return "json", nil
}
