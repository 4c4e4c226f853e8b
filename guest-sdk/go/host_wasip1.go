package lancehost

import (
	"runtime"
	"structs"
	"unsafe"
)

// The contract by hand, in the canonical ABI of the component model: a release of the contract
// keeps each type's exact shape, and so its layout. Written here, it hands the buffers of a batch
// to the host without a copy.
//
// Whoever changes it is held to the contract by guest-sdk/componentize, which refuses a module whose
// functions have other types, and whose tests compare the numbers below with it.
//
// The host reads what these addresses point to during a call only. What is kept as a plain number
// is alive nevertheless: it comes through an interface, so it is on the heap, which Go does not
// move, and its owner is kept alive to the end of the call.

type abiString struct {
	_         structs.HostLayout
	at, bytes uint32
}

type abiList struct {
	_         structs.HostLayout
	at, count uint32
}

type abiSetting struct {
	_           structs.HostLayout
	name, value abiString
}

type abiField struct {
	_              structs.HostLayout
	name, dataType abiString
	nullable       bool
	metadata       abiList
}

type abiColumn struct {
	_           structs.HostLayout
	length      uint32
	hasValidity bool
	validity    abiList
	buffers     abiList
}

type abiError struct {
	_             structs.HostLayout
	code, message abiString
	hasTable      bool
	table         abiString
	hasColumn     bool
	column        abiString
	hasRow        bool
	row           uint64
	details       abiList
}

// abiResult is a result of any of the imported functions. In the place of the error, where there is
// none, may be a handle.
type abiResult struct {
	_      structs.HostLayout
	failed bool
	error  abiError
}

// These are the sizes and places of the canonical ABI: what is not 0 is no index, and does not compile.
var (
	zero [1]struct{}

	_ = zero[unsafe.Sizeof(abiSetting{})-16]
	_ = zero[unsafe.Sizeof(abiField{})-28]
	_ = zero[unsafe.Offsetof(abiField{}.nullable)-16]
	_ = zero[unsafe.Offsetof(abiField{}.metadata)-20]
	_ = zero[unsafe.Sizeof(abiColumn{})-24]
	_ = zero[unsafe.Offsetof(abiColumn{}.hasValidity)-4]
	_ = zero[unsafe.Offsetof(abiColumn{}.buffers)-16]
	_ = zero[unsafe.Sizeof(abiError{})-64]
	_ = zero[unsafe.Offsetof(abiError{}.hasTable)-16]
	_ = zero[unsafe.Offsetof(abiError{}.hasColumn)-28]
	_ = zero[unsafe.Offsetof(abiError{}.hasRow)-40]
	_ = zero[unsafe.Offsetof(abiError{}.row)-48]
	_ = zero[unsafe.Offsetof(abiError{}.details)-56]
	_ = zero[unsafe.Sizeof(abiResult{})-72]
	_ = zero[unsafe.Offsetof(abiResult{}.error)-8]
	_ = zero[unsafe.Sizeof(runResult)-12]
	_ = zero[unsafe.Offsetof(runResult.message)-4]
)

//go:wasmimport lance-host:pipeline/target@0.1.0 declare-table
func declareTable(database unsafe.Pointer, databaseBytes uint32, name unsafe.Pointer, nameBytes uint32,
	fields unsafe.Pointer, fieldCount uint32, key unsafe.Pointer, keyCount uint32,
	settings unsafe.Pointer, settingCount uint32, result unsafe.Pointer)

//go:wasmimport lance-host:pipeline/target@0.1.0 [method]table.declare-rows
func declareRows(table uint32, columns unsafe.Pointer, columnCount uint32, result unsafe.Pointer)

//go:wasmimport lance-host:pipeline/target@0.1.0 [method]table.declare-index
func declareIndex(table uint32, column unsafe.Pointer, columnBytes uint32, kind unsafe.Pointer, kindBytes uint32,
	settings unsafe.Pointer, settingCount uint32, result unsafe.Pointer)

// host is lance-host.
var host target = wasmHost{}

type wasmHost struct{}

type wasmTable struct {
	handle uint32
	// columns and buffers are reused for each batch.
	columns []abiColumn
	buffers []abiList
	result  abiResult
}

func (wasmHost) declareTable(
	database, name string, fields []Column, key []string, settings []Setting,
) (hostTable, error) {
	lowered := make([]abiField, len(fields))
	var metadata [][]abiSetting
	for i, field := range fields {
		list := lowerSettings(field.Metadata)
		metadata = append(metadata, list)
		lowered[i] = abiField{
			name:     lowerString(field.Name),
			dataType: lowerString(field.Type),
			nullable: field.Nullable,
			metadata: lowerList(list),
		}
	}
	keys := make([]abiString, len(key))
	for i, name := range key {
		keys[i] = lowerString(name)
	}
	options := lowerSettings(settings)
	result := new(abiResult)
	defer calling()()
	declareTable(
		stringData(database), uint32(len(database)), stringData(name), uint32(len(name)),
		sliceData(lowered), uint32(len(lowered)), sliceData(keys), uint32(len(keys)),
		sliceData(options), uint32(len(options)), unsafe.Pointer(result))
	runtime.KeepAlive(fields)
	runtime.KeepAlive(key)
	runtime.KeepAlive(settings)
	runtime.KeepAlive(metadata)
	if err := result.lift(); err != nil {
		return nil, err
	}
	return &wasmTable{handle: result.error.code.at}, nil
}

func (t *wasmTable) declareRows(columns []column) error {
	count := 0
	for _, column := range columns {
		count += len(column.buffers)
	}
	// The addresses within must not change while the lists are made.
	t.columns = sized(t.columns, len(columns))
	t.buffers = sized(t.buffers, count)
	next := 0
	for i, column := range columns {
		first := next
		for _, buffer := range column.buffers {
			t.buffers[next] = lowerList(buffer)
			next++
		}
		t.columns[i] = abiColumn{
			length:      uint32(column.length),
			hasValidity: column.validity != nil,
			validity:    lowerList(column.validity),
			buffers:     lowerList(t.buffers[first:next]),
		}
	}
	defer calling()()
	declareRows(t.handle, sliceData(t.columns), uint32(len(t.columns)), unsafe.Pointer(&t.result))
	runtime.KeepAlive(columns)
	return t.result.lift()
}

func (t *wasmTable) declareIndex(column, kind string, settings []Setting) error {
	lowered := lowerSettings(settings)
	defer calling()()
	declareIndex(t.handle, stringData(column), uint32(len(column)), stringData(kind), uint32(len(kind)),
		sliceData(lowered), uint32(len(lowered)), unsafe.Pointer(&t.result))
	runtime.KeepAlive(settings)
	return t.result.lift()
}

func sized[T any](slice []T, length int) []T {
	if cap(slice) < length {
		return make([]T, length)
	}
	return slice[:length]
}

func stringData(text string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(text))
}

func sliceData[T any](slice []T) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(slice))
}

func address(p unsafe.Pointer) uint32 {
	return uint32(uintptr(p))
}

func lowerString(text string) abiString {
	return abiString{at: address(stringData(text)), bytes: uint32(len(text))}
}

func lowerList[T any](slice []T) abiList {
	return abiList{at: address(sliceData(slice)), count: uint32(len(slice))}
}

func lowerSettings(settings []Setting) []abiSetting {
	lowered := make([]abiSetting, len(settings))
	for i, setting := range settings {
		lowered[i] = abiSetting{name: lowerString(setting.Name), value: lowerString(setting.Value)}
	}
	return lowered
}

// lift copies what a result says.
func (r *abiResult) lift() error {
	if !r.failed {
		return nil
	}
	e := &r.error
	err := &Error{Code: e.code.lift(), Message: e.message.lift(), Row: NoRow, Details: liftSettings(e.details)}
	if e.hasTable {
		err.Table = e.table.lift()
	}
	if e.hasColumn {
		err.Column = e.column.lift()
	}
	if e.hasRow {
		err.Row = int64(e.row)
	}
	return err
}

// lift copies the text.
func (s abiString) lift() string {
	if s.bytes == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(pointer(s.at)), s.bytes))
}

func liftSettings(list abiList) []Setting {
	if list.count == 0 {
		return nil
	}
	settings := make([]Setting, list.count)
	for i, setting := range unsafe.Slice((*abiSetting)(pointer(list.at)), list.count) {
		settings[i] = Setting{setting.name.lift(), setting.value.lift()}
	}
	return settings
}

//go:linkname mainMain main.main
func mainMain()

// runResult is what the export returns.
var runResult struct {
	_       structs.HostLayout
	failed  bool
	message abiString
}

// runMessage keeps the message alive while the host reads it.
var runMessage string

//go:wasmexport run
func run(params uint32, count uint32) unsafe.Pointer {
	given = liftSettings(abiList{at: params, count: count})
	mainMain()
	if outcome != nil {
		runMessage = outcome.Error()
		runResult.failed, runResult.message = true, lowerString(runMessage)
	}
	return unsafe.Pointer(&runResult)
}
