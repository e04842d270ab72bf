package sandbox

import (
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// dataset is what one kind of employee record costs and how the endpoints that
// give it behave.
type dataset struct {
	records    people.Dataset
	segment    string // of paths
	credential credential
	purse      purse

	collectPrice, searchPrice, recordPrice, previewPrice int // in credits

	profileChanges cadence
	updatedField   string // what a search sorts by unless told otherwise
	sortsByDay     bool   // ... by its day alone
	filePrefix     string // in front of a data request's file names
}

// cadence is when a subscription's notices go out.
type cadence struct{ first, every time.Duration }

const week = 7 * day

// experienceCadence is that of notices about positions, in every dataset.
func experienceCadence() cadence { return cadence{2 * day, week} }

// baseDataset is the current Base Employee dataset: collect and a page of a
// preview cost 10 credits, searching nothing, and notices go out the next day and
// then daily.
func baseDataset() *dataset {
	return &dataset{
		records:        people.Base,
		segment:        "employee_base",
		credential:     apiKey,
		purse:          v2Purse,
		collectPrice:   10,
		recordPrice:    10,
		previewPrice:   10,
		profileChanges: cadence{day, day},
		updatedField:   "updated_at",
		filePrefix:     "json/",
	}
}

// cleanDataset is the Clean Employee dataset, which costs what Base does and
// tells about changes every week. That the date in its cursors is last_updated is
// assumed.
func cleanDataset() *dataset {
	return &dataset{
		records:        people.Clean,
		segment:        "employee_clean",
		credential:     apiKey,
		purse:          v2Purse,
		collectPrice:   10,
		recordPrice:    10,
		previewPrice:   10,
		profileChanges: cadence{week, week},
		updatedField:   "last_updated",
		sortsByDay:     true,
		filePrefix:     "json/",
	}
}

// multiSourceDataset is the Multi-source Employee dataset: 20 credits a record,
// notices every week. That the date in its cursors is updated_at is assumed.
func multiSourceDataset(documentedNames bool) *dataset {
	records := people.MultiSource
	if documentedNames {
		records = people.MultiSourceDocumented
	}
	return &dataset{
		records:        records,
		segment:        "employee_multi_source",
		credential:     apiKey,
		purse:          v2Purse,
		collectPrice:   20,
		recordPrice:    20,
		previewPrice:   20,
		profileChanges: cadence{week, week},
		updatedField:   "updated_at",
		sortsByDay:     true,
		filePrefix:     "json/",
	}
}

// v1Dataset is the v1 employee dataset: one credit a call and a record. Its
// notices start after two days, as its webhook page says, and then go out every
// week; another page of the provider says the next Monday.
func v1Dataset() *dataset {
	return &dataset{
		records:        people.V1,
		credential:     bearerJWT,
		purse:          v1Purse,
		collectPrice:   1,
		searchPrice:    1,
		recordPrice:    1,
		profileChanges: cadence{2 * day, week},
		updatedField:   "last_updated",
	}
}

// realTimeDataset is what the real-time API gives: records of the form of Base,
// fetched anew, for credits of its own. That it takes v2's key and that a record
// costs one credit is assumed.
func realTimeDataset() *dataset {
	return &dataset{records: people.Base, credential: apiKey, purse: realTimePurse, collectPrice: 1}
}
