package employee

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
	"github.com/pronet-go/pronet/internal/wire"
)

// ErrOtherDataset reports a record that is read as one of another dataset than its own.
var ErrOtherDataset = errors.New("the record is of another dataset")

// enoughNames is how many names of another dataset alone a record must have, and none of its own dataset alone, to be one
// of the other: a field that the provider adds to a dataset may be known from another one.
const enoughNames = 3

var (
	datasetTypes = []reflect.Type{
		reflect.TypeFor[BaseRecord](), reflect.TypeFor[CleanRecord](), reflect.TypeFor[MultiSourceRecord](), reflect.TypeFor[V1Record](),
	}
	datasetNames = []string{"Base", "Clean", "Multi-source", "V1"}

	// ownNames has the names of root fields that one dataset alone has.
	ownNames = sync.OnceValue(func() map[string]int {
		own := make(map[string]int)
		for i, t := range datasetTypes {
			for _, path := range record.Paths(t) {
				if strings.ContainsRune(path, '.') {
					continue
				}
				if _, shared := own[path]; shared {
					own[path] = -1
					continue
				}
				own[path] = i
			}
		}
		return own
	})
)

// CheckDataset fails with [ErrOtherDataset], and names the dataset, if the JSON of a record is clearly one of another
// dataset than R's: it has at least three root fields that only the other one has, and none that only R has. [Decode] would
// leave nearly all fields of such a record empty without an error. Text that is no JSON object, and any other R, pass.
func CheckDataset[R any](text []byte) error {
	read := slices.Index(datasetTypes, reflect.TypeFor[R]())
	var members map[string]jsontext.Value
	if read < 0 || len(text) > record.MaxSize || codec.Decode(text, &members) != nil {
		return nil
	}
	counts := make([]int, len(datasetTypes))
	for name := range members {
		if i, known := ownNames()[name]; known && i >= 0 {
			counts[i]++
		}
	}
	other := slices.Index(counts, slices.Max(counts))
	if counts[read] > 0 || counts[other] < enoughNames {
		return nil
	}
	return wire.Plain(fmt.Sprintf("employee: the record is one of %s, and is read as one of %s", datasetNames[other], datasetNames[read]), ErrOtherDataset)
}
