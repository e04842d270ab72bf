package sandbox

import (
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// dataset is what one kind of employee record costs and how the endpoints that
// give it behave.
type dataset struct {
	records    people.Dataset
	credential credential

	collectPrice, searchPrice, recordPrice int // in credits

	firstSweep, sweepEvery time.Duration
	updatedField           string // what a search sorts by unless told otherwise
	filePrefix             string // in front of a data request's file names
}

// baseDataset is the current Base Employee dataset: collect costs 10 credits,
// searching nothing, and notices go out the next day and then daily.
func baseDataset() *dataset {
	return &dataset{
		records:      people.Base,
		credential:   apiKey,
		collectPrice: 10,
		recordPrice:  10,
		firstSweep:   day,
		sweepEvery:   day,
		updatedField: "updated_at",
		filePrefix:   "json/",
	}
}

// v1Dataset is the v1 employee dataset: one credit a call and a record. Its
// notices start after two days, as its webhook page says, and then go out every
// week; another page of the provider says the next Monday.
func v1Dataset() *dataset {
	return &dataset{
		records:      people.V1,
		credential:   bearerJWT,
		collectPrice: 1,
		searchPrice:  1,
		recordPrice:  1,
		firstSweep:   2 * day,
		sweepEvery:   7 * day,
		updatedField: "last_updated",
	}
}
