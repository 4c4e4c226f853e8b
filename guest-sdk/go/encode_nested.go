package lancehost

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"unsafe"
)

// compileJSON stores a value as encoding/json writes it, but for the escapes that only HTML needs.
func compileJSON(t reflect.Type, b *builder) appender {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	return func(p unsafe.Pointer) error {
		text.Reset()
		if err := encoder.Encode(reflect.NewAt(t, p).Interface()); err != nil {
			return refuse(codeInvalid, "there is no JSON for it: %v", err)
		}
		b.appendVariable(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
		return nil
	}
}

func compileList(t reflect.Type, b *builder) (appender, error) {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
		return nil, noPlace(t, b)
	}
	inner, err := compile(t.Elem(), b.parts[0])
	if err != nil {
		return nil, err
	}
	items, stride := itemsOf(t), t.Elem().Size()
	return func(p unsafe.Pointer) error {
		first, count := items(p)
		if b.dataType.kind == kindFixedList && count != b.dataType.size {
			return refuse(codeDimension, "the list has %d items instead of %d", count, b.dataType.size)
		}
		for i := range count {
			if err := inner(unsafe.Add(first, uintptr(i)*stride)); err != nil {
				return err
			}
		}
		if b.dataType.kind == kindFixedList {
			b.present()
		} else {
			b.endItems(b.parts[0].length)
		}
		return nil
	}, nil
}

func compileStruct(t reflect.Type, b *builder) (appender, error) {
	if t.Kind() == reflect.Map && t.Key().Kind() == reflect.String {
		return compileStructOfMap(t, b), nil
	}
	if t.Kind() != reflect.Struct {
		return nil, noPlace(t, b)
	}
	fields, err := fieldsOf(t)
	if err != nil {
		return nil, err
	}
	type step struct {
		offset uintptr
		append appender
	}
	steps := make([]step, len(b.parts))
	for i, part := range b.dataType.parts {
		at := slices.IndexFunc(fields, func(f goField) bool { return f.name == part.name })
		if at < 0 {
			return nil, refuse(codeType, "%s has no field for %s of %s", t, part.name, b.dataType.text)
		}
		inner, err := compileField(fields[at], b.parts[i])
		if err != nil {
			return nil, err
		}
		steps[i] = step{fields[at].offset, inner}
	}
	return func(p unsafe.Pointer) error {
		for _, step := range steps {
			if err := step.append(unsafe.Add(p, step.offset)); err != nil {
				return err
			}
		}
		b.present()
		return nil
	}, nil
}

func compileStructOfMap(t reflect.Type, b *builder) appender {
	values := make([]dynamic, len(b.parts))
	for i, part := range b.parts {
		values[i].builder = part
	}
	return func(p unsafe.Pointer) error {
		entries := reflect.NewAt(t, p).Elem()
		for i, part := range b.dataType.parts {
			value := entries.MapIndex(reflect.ValueOf(part.name).Convert(t.Key()))
			var err error
			if value.IsValid() {
				err = values[i].append(value.Interface())
			} else {
				err = b.parts[i].null()
			}
			if err != nil {
				return err
			}
		}
		b.present()
		return nil
	}
}

// compileMap orders entries by their keys: a row must be the same in each run.
func compileMap(t reflect.Type, b *builder) (appender, error) {
	if t.Kind() != reflect.Map {
		return nil, noPlace(t, b)
	}
	entries := b.parts[0]
	appendKey, err := compile(t.Key(), entries.parts[0])
	if err != nil {
		return nil, err
	}
	appendValue, err := compile(t.Elem(), entries.parts[1])
	if err != nil {
		return nil, err
	}
	return func(p unsafe.Pointer) error {
		values := reflect.NewAt(t, p).Elem()
		keys := values.MapKeys()
		slices.SortFunc(keys, compareKeys)
		for _, key := range keys {
			if err := appendKey(boxed(key)); err != nil {
				return err
			}
			if err := appendValue(boxed(values.MapIndex(key))); err != nil {
				return err
			}
			entries.present()
		}
		b.endItems(entries.length)
		return nil
	}, nil
}

func compareKeys(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.Kind() == reflect.String:
		return cmp.Compare(a.String(), b.String())
	}
	return cmp.Compare(shown(a.Interface()), shown(b.Interface()))
}

// boxed copies a value to an address of its own.
func boxed(value reflect.Value) unsafe.Pointer {
	box := reflect.New(value.Type())
	box.Elem().Set(value)
	return box.UnsafePointer()
}

// compileDictionary stores each value once a batch.
func compileDictionary(t reflect.Type, b *builder) (appender, error) {
	values := b.parts[0]
	if len(values.parts) > 0 || values.dataType.kind == kindBool {
		return nil, refuse(codeSchema, "%s has values that this SDK does not look up", b.dataType.text)
	}
	inner, err := compile(t, values)
	if err != nil {
		return nil, err
	}
	return func(p unsafe.Pointer) error {
		position := values.length
		start := len(values.data)
		if err := inner(p); err != nil {
			return err
		}
		value := values.data[start:]
		if known, ok := b.positions[string(value)]; ok {
			values.truncate(position)
			b.appendWord(known)
			return nil
		}
		word, err := number{kind: kindInt, i: int64(position)}.as(&dataType{
			kind: b.dataType.parts[0].dataType.kind, width: b.dataType.width, text: b.dataType.text,
		})
		if err != nil {
			return err
		}
		b.positions[string(value)] = word
		b.appendWord(word)
		return nil
	}, nil
}
