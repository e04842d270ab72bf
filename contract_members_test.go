package pronet_test

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/unlisted"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// withAllOfMembers lets the sandbox serve every call to members.
func withAllOfMembers() []sandbox.Option {
	return []sandbox.Option{
		fake.WithUnlisted(),
		fake.WithMemberScopes("r_basicprofile", "r_compliance", "w_compliance", "r_1st_connections", "r_1st_connections_size", "r_dma_portability_self_serve"),
	}
}

// memberEffects is how often something was written.
func memberEffects(sb *sandbox.Sandbox) int {
	return len(sb.LinkedIn.Positions(sb.LinkedIn.Member().ID)) - 1 + len(sb.LinkedIn.Backgrounds()) + len(sb.LinkedIn.SavedSearches())
}

// me is the member whose token it is.
func me(c *contract) urn.URN {
	who, _ := urn.Parse(c.sb.LinkedIn.Member().URN())
	return who
}

// myPosition is the id of one of that member's positions.
func myPosition(c *contract) string {
	ids := slices.Sorted(maps.Keys(c.sb.LinkedIn.Positions(c.sb.LinkedIn.Member().ID)))
	return append(ids, "1")[0]
}

// memberCalls makes one call of each operation of packages members and unlisted.
var memberCalls = map[string]func(context.Context, *contract, urn.URN) error{
	"LinkedIn.Members.Me": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Members.Me(ctx, members.WithPicture)
		return err
	},
	"LinkedIn.Members.UserInfo": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Members.UserInfo(ctx)
		return err
	},
	"LinkedIn.Members.Get": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Members.Get(ctx, me(c), "")
		return err
	},
	"LinkedIn.Members.GetLegacy": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Members.GetLegacy(ctx, me(c), "")
		return err
	},
	"LinkedIn.Members.ByVanityName": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Members.ByVanityName(ctx, c.sb.LinkedIn.Member().VanityName, members.Names)
		return err
	},
	"LinkedIn.Members.CreatePosition": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Members.CreatePosition(ctx, me(c), members.PositionEdit{
			Title: members.Text("en_US", "Engineer"), CompanyName: members.Text("en_US", "Example"),
		})
		return err
	},
	"LinkedIn.Members.UpdatePosition": func(ctx context.Context, c *contract, _ urn.URN) error {
		return c.client.LinkedIn.Members.UpdatePosition(ctx, me(c), myPosition(c), members.PositionEdit{Title: members.Text("en_US", "Director")})
	},
	"LinkedIn.Members.DeletePosition": func(ctx context.Context, c *contract, _ urn.URN) error {
		return c.client.LinkedIn.Members.DeletePosition(ctx, me(c), myPosition(c))
	},
	"LinkedIn.Connections.List": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Connections.List(ctx, members.ConnectionQuery{Decorate: members.Names})
		return err
	},
	"LinkedIn.Connections.Total": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Connections.Total(ctx)
		return err
	},
	"LinkedIn.Connections.Count": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Connections.Count(ctx, me(c))
		return err
	},
	"LinkedIn.Snapshot.List": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{Domain: members.DomainConnections})
		return err
	},
	"LinkedIn.Unlisted.MemberByID": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.MemberByID(ctx, c.sb.LinkedIn.Member().ID, unlisted.Lookup{})
		return err
	},
	"LinkedIn.Unlisted.MemberByVanityName": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.MemberByVanityName(ctx, c.sb.LinkedIn.Member().VanityName, unlisted.Lookup{Plain: true})
		return err
	},
	"LinkedIn.Unlisted.MemberByFormattedName": func(ctx context.Context, c *contract, _ urn.URN) error {
		who := c.sb.LinkedIn.Member()
		_, err := c.client.LinkedIn.Unlisted.MemberByFormattedName(ctx, who.FirstName+" "+who.LastName, unlisted.Lookup{})
		return err
	},
	"LinkedIn.Unlisted.MemberConnections": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.MemberConnections(ctx, unlisted.ConnectionQuery{RelationshipIndicators: []string{"F", "S"}})
		return err
	},
	"LinkedIn.Unlisted.Connections": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.Connections(ctx, unlisted.ConnectionQuery{})
		return err
	},
	"LinkedIn.Unlisted.NetworkConnections": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.NetworkConnections(ctx, unlisted.ConnectionQuery{EdgeRelationType: unlisted.EdgeConnection})
		return err
	},
	"LinkedIn.Unlisted.PutPosition": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.PutPosition(ctx, unlisted.Position{Company: "Acme Corp", Title: "Vice President, Sales"})
		return err
	},
	"LinkedIn.Unlisted.UploadBackground": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.UploadBackground(ctx, "https://host/image.png")
		return err
	},
	"LinkedIn.Unlisted.SearchJobs": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.SearchJobs(ctx, unlisted.JobQuery{Title: "sales", Location: "Chicago", PostedWithin: 7 * 24 * time.Hour})
		return err
	},
	"LinkedIn.Unlisted.SaveSearch": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Unlisted.SaveSearch(ctx, "title:( Engineer ) AND location:( Austin )")
		return err
	},
	"LinkedIn.Unlisted.SearchAlert": func(ctx context.Context, c *contract, _ urn.URN) error {
		saved, err := c.client.LinkedIn.Unlisted.SaveSearch(ctx, "title:( Engineer )")
		if err != nil {
			return err
		}
		_, err = c.client.LinkedIn.Unlisted.SearchAlert(ctx, saved.ID, "1", unlisted.Params{})
		return err
	},
}
