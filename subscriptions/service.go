package subscriptions

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Service is client.Subscriptions. What it has itself spans all datasets of the current API; creating goes by dataset.
type Service struct {
	Manager

	// V1 is the first API version: its subscriptions are managed apart, with a JWT.
	V1 *V1
	// Base is the Base dataset of the current API.
	Base *FilterDataset[employee.BaseFilter]
	// Clean is the Clean dataset of the current API.
	Clean *Dataset
	// MultiSource is the Multi-source dataset of the current API.
	MultiSource *Dataset
	// ExperienceChanges sends notices only when a position begins or ends.
	ExperienceChanges *ExperienceChanges
}

// ExperienceChanges creates subscriptions to the beginning and end of positions, by dataset. Their notices have the one
// status webhook.StatusChanged and no changed fields. Whether a promotion at the same company counts, the provider's pages
// contradict each other.
type ExperienceChanges struct {
	// Base is the Base dataset.
	Base *Dataset
	// Clean is the Clean dataset.
	Clean *WholeDataset
	// MultiSource is the Multi-source dataset.
	MultiSource *Dataset
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
		Base:        &FilterDataset[employee.BaseFilter]{Dataset{pipeline, &baseOps, settings}},
		Clean:       &Dataset{pipeline, &cleanOps, settings},
		MultiSource: &Dataset{pipeline, &multiSourceOps, settings},
		ExperienceChanges: &ExperienceChanges{
			Base:        &Dataset{pipeline, &baseExperienceOps, settings},
			Clean:       &WholeDataset{Dataset{pipeline, &cleanExperienceOps, settings}},
			MultiSource: &Dataset{pipeline, &multiSourceExperienceOps, settings},
		},
	}
}

// creation are the endpoints that create subscriptions to one dataset.
type creation struct {
	fromIDs, fromFilter, fromQuery, whole wire.Op
	idFile                                bool
	tracking                              bool // TrackedFields are known
	forbidden                             restrictions
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
	cleanOps       = creationOf(&dataset.Clean, restrictions{query: []string{"last_updated"}})
	multiSourceOps = creationOf(&dataset.MultiSource, restrictions{}) // none are documented

	baseExperienceOps        = experienceOf(&dataset.Base, baseOps.forbidden)
	cleanExperienceOps       = experienceOf(&dataset.Clean, cleanOps.forbidden)
	multiSourceExperienceOps = experienceOf(&dataset.MultiSource, multiSourceOps.forbidden)
)

func creationOf(d *dataset.Dataset, forbidden restrictions) creation {
	op := func(verb, method string) wire.Op {
		return createOp(d, "subscriptions", verb, d.Subscriptions+"/"+method)
	}
	c := creation{fromQuery: op("CreateFromQuery", "es_dsl"), idFile: d.SubscribeByFile, tracking: d.Provider == api.Coresignal, forbidden: forbidden}
	if forbidden.filter != nil {
		c.fromFilter = op("CreateFromFilter", "filter")
	}
	if d.SubscribeByFile {
		c.fromIDs = op("CreateFromIDs", "id_file")
		c.fromIDs.Certainty, c.fromIDs.Note = wire.Assumed, "the names of the form fields (ids_file, webhook_url) are assumed; the file field is settable"
		for _, op := range []*wire.Op{&c.fromFilter, &c.fromQuery} {
			op.Certainty, op.Note = wire.Assumed, "the key webhook_url of the body is assumed, as v2 has it"
		}
	} else {
		c.fromIDs = op("CreateFromIDs", "ids")
		c.fromIDs.Certainty, c.fromIDs.Note = wire.Assumed, "the key ids of the JSON body is assumed"
	}
	return c
}

func createOp(d *dataset.Dataset, service, verb, route string) wire.Op {
	op := d.Op(service, verb, wire.Post, route)
	if verb != "CreateFromIDs" && d.Provider == api.Coresignal {
		op.Note = "the provider's pages contradict each other on whether it costs credits"
	}
	op.Class, op.Retry = dataset.ClassSubscriptions, api.RetryUnsent
	op.InDoubt = "look for a new one in client." + managerOf(d) + ".All"
	return op
}

// experienceOf are the endpoints of a dataset for changes of positions.
func experienceOf(d *dataset.Dataset, forbidden restrictions) creation {
	op := func(verb, method string) wire.Op {
		return createOp(d, "subscriptions.ExperienceChanges", verb, d.ExperienceChanges+"/"+method)
	}
	c := creation{fromIDs: op("CreateFromIDs", "ids"), fromQuery: op("CreateFromQuery", "es_dsl"), forbidden: forbidden}
	c.fromIDs.Certainty, c.fromIDs.Note = wire.Assumed, "the key ids of the JSON body is assumed"
	if d.Name == dataset.Clean.Name {
		c.whole = op("CreateForAll", "all")
		c.whole.Certainty, c.whole.Note = wire.Assumed, "a body with webhook_url only is assumed, as is that it costs nothing; about 500,000 notices a week"
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
	list, get, renew, remove, simulate wire.Op
}

var (
	v1ManagementOps = managementOf(&dataset.V1)
	managementOps   = managementOf(&dataset.Base)
)

func managementOf(d *dataset.Dataset) management {
	op := func(verb, method, route string, repeat api.Retry) wire.Op {
		prefix := "subscriptions."
		if d.Provider == api.CoresignalV1 {
			prefix += "V1."
		}
		return wire.Op{
			Name: prefix + verb, Provider: d.Provider, Method: method, Route: d.SubscriptionManagement + route, Class: dataset.ClassSubscriptions,
			Retry: repeat, Source: "docs.coresignal.com/api-introduction/webhooks/subscription-management",
		}
	}
	m := management{
		list:     op("List", wire.Get, "", api.RetryIdempotent),
		get:      op("Get", wire.Get, "/{subscription}", api.RetryIdempotent),
		renew:    op("Renew", wire.Post, "/{subscription}/renew", api.RetryUnsent),
		remove:   op("Delete", wire.Delete, "/{subscription}", api.RetryIdempotent),
		simulate: op("Simulate", wire.Post, "/simulate", api.RetryUnsent),
	}
	m.get.Note = "the names of the filter or query in the answer are not known: see Subscription.Raw"
	m.renew.InDoubt = "ExpiringAt of client." + managerOf(d) + ".Get tells whether it was renewed"
	m.simulate.Class, m.simulate.InDoubt = dataset.ClassSimulate, "a test notice may be on its way"
	return m
}

// Operations lists the endpoints of this package.
func Operations() []wire.Op {
	var all []wire.Op
	add := func(ops ...wire.Op) {
		for _, op := range ops {
			if op.Name != "" {
				all = append(all, op)
			}
		}
	}
	for _, c := range []*creation{&v1Ops, &baseOps, &cleanOps, &multiSourceOps, &baseExperienceOps, &cleanExperienceOps, &multiSourceExperienceOps} {
		add(c.fromIDs, c.fromFilter, c.fromQuery, c.whole)
	}
	m, v1 := &managementOps, &v1ManagementOps
	add(m.list, m.get, m.renew, m.remove, m.simulate, v1.list, v1.get, v1.remove, v1.simulate)
	return all
}
