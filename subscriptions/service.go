package subscriptions

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
)

// Service is client.Subscriptions. What it has itself spans all datasets of the current API; creating goes by dataset.
type Service struct {
	Manager

	// V1 is the first API version: its subscriptions are managed apart, with a JWT.
	V1 *V1
	// Base is the Base dataset of the current API.
	Base *FilterDataset[employee.BaseFilter]
}

// V1 creates and manages the subscriptions of the first API version. They cannot be renewed.
type V1 struct {
	Manager
	FilterDataset[employee.V1Filter]
}

// Settings are what the client decides for all subscriptions.
type Settings struct {
	// AllowLoopback lets webhook URLs be on this machine, for a sandbox.
	AllowLoopback bool
	// UploadField is the form field of V1's ID file; empty means "ids_file" (assumed: no source names it).
	UploadField string
}

// New returns the service on a pipeline. Programs get it from pronet.New.
func New(pipeline *transport.Pipeline, settings Settings) *Service {
	if settings.UploadField == "" {
		settings.UploadField = "ids_file"
	}
	return &Service{
		Manager: Manager{pipeline, &managementOps, settings},
		V1: &V1{
			Manager:       Manager{pipeline, &v1ManagementOps, settings},
			FilterDataset: FilterDataset[employee.V1Filter]{Dataset{pipeline, &v1Ops, settings}},
		},
		Base: &FilterDataset[employee.BaseFilter]{Dataset{pipeline, &baseOps, settings}},
	}
}

// creation are the endpoints that create subscriptions to one dataset.
type creation struct {
	fromIDs, fromFilter, fromQuery api.Op
	idFile                         bool
	forbidden                      restrictions
}

var (
	v1Ops = creationOf(&dataset.V1, restrictions{
		filter: []string{
			"created_at_gte", "created_at_lte", "last_updated_gte", "last_updated_lte", "last_updated_at_gte", "last_updated_at_lte",
			"experience_date_from", "experience_date_to", "education_date_from", "education_date_to",
		},
		query: []string{
			"created", "last_updated",
			"member_education_collection.date_from", "member_education_collection.date_to",
			"member_experience_collection.date_from", "member_experience_collection.date_to",
		},
	})
	baseOps = creationOf(&dataset.Base, restrictions{
		filter: []string{
			"created_at_gte", "created_at_lte", "updated_at_gte", "updated_at_lte",
			"created_gte", "created_lte", "last_updated_gte", "last_updated_lte", "checked_at_gte", "checked_at_lte",
			"experience_date_from", "experience_date_to", "education_date_from", "education_date_to",
		},
		query: []string{"created", "last_updated", "created_at", "updated_at", "checked_at"},
	})
)

func creationOf(d *dataset.Dataset, forbidden restrictions) creation {
	op := func(verb, method string) api.Op {
		op := d.Op("subscriptions", verb, dataset.Post, d.Subscriptions+"/"+method)
		op.LimitClass, op.Repeat = dataset.ClassSubscriptions, api.RepeatUnsent
		op.InDoubt = "look for a new one in client." + managerOf(d) + ".All"
		return op
	}
	c := creation{fromFilter: op("CreateFromFilter", "filter"), fromQuery: op("CreateFromQuery", "es_dsl"), idFile: d.IDFile, forbidden: forbidden}
	if d.IDFile {
		c.fromIDs = op("CreateFromIDs", "id_file")
		c.fromIDs.Certainty, c.fromIDs.Note = api.Assumed, "the names of the form fields (ids_file, webhook_url) are assumed; the file field is settable"
		for _, op := range []*api.Op{&c.fromFilter, &c.fromQuery} {
			op.Certainty, op.Note = api.Assumed, "the key webhook_url of the body is assumed, as v2 has it"
		}
	} else {
		c.fromIDs = op("CreateFromIDs", "ids")
		c.fromIDs.Certainty, c.fromIDs.Note = api.Assumed, "the key ids of the JSON body is assumed"
	}
	return c
}

func managerOf(d *dataset.Dataset) string {
	if d.Provider == api.CoresignalV1 {
		return "Subscriptions.V1"
	}
	return "Subscriptions"
}

// management are the endpoints for the subscriptions of all datasets of one API version.
type management struct {
	list, get, renew, remove, simulate api.Op
}

var (
	v1ManagementOps = managementOf(&dataset.V1)
	managementOps   = managementOf(&dataset.Base)
)

func managementOf(d *dataset.Dataset) management {
	op := func(verb, method, route string, repeat api.Repeat) api.Op {
		prefix := "subscriptions."
		if d.Provider == api.CoresignalV1 {
			prefix += "V1."
		}
		return api.Op{
			Name: prefix + verb, Provider: d.Provider, Method: method, Route: d.SubscriptionManagement + route, LimitClass: dataset.ClassSubscriptions,
			Repeat: repeat, Call: "client." + managerOf(d) + "." + verb, Source: "docs.coresignal.com/api-introduction/webhooks/subscription-management",
		}
	}
	m := management{
		list:     op("List", dataset.Get, "", api.RepeatIdempotent),
		get:      op("Get", dataset.Get, "/{subscription}", api.RepeatIdempotent),
		renew:    op("Renew", dataset.Post, "/{subscription}/renew", api.RepeatUnsent),
		remove:   op("Delete", dataset.Delete, "/{subscription}", api.RepeatIdempotent),
		simulate: op("Simulate", dataset.Post, "/simulate", api.RepeatUnsent),
	}
	m.get.Note = "the names of the filter or query in the answer are not known: see Subscription.Raw"
	m.renew.InDoubt = "ExpiringAt of client." + managerOf(d) + ".Get tells whether it was renewed"
	m.simulate.LimitClass, m.simulate.InDoubt = dataset.ClassSimulate, "a test notice may be on its way"
	return m
}

// Operations lists the endpoints of this package.
func Operations() []api.Op {
	return []api.Op{
		v1Ops.fromIDs, v1Ops.fromFilter, v1Ops.fromQuery,
		v1ManagementOps.list, v1ManagementOps.get, v1ManagementOps.remove, v1ManagementOps.simulate,
		baseOps.fromIDs, baseOps.fromFilter, baseOps.fromQuery,
		managementOps.list, managementOps.get, managementOps.renew, managementOps.remove, managementOps.simulate,
	}
}
