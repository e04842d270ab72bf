package members_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// Say who has logged in. Every app may.
func ExampleService_UserInfo() {
	sb, client := connect()
	defer sb.Close()
	defer client.CloseIdleConnections()

	who, err := client.LinkedIn.Members.UserInfo(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(who.Name, who.Locale, who.Email)
	// Output: Rita Smith en-US rita-1@example.com
}

// Read the profile of the member whose token it is, with the profile picture.
func ExampleService_Me() {
	sb, client := connect(linkedin.WithMemberScopes("r_basicprofile"))
	defer sb.Close()
	defer client.CloseIdleConnections()

	me, err := client.LinkedIn.Members.Me(context.Background(), members.WithPicture)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(me.FirstName, me.LastName, me.Headline)
	for _, image := range me.Picture.Images {
		fmt.Println(image.Width, image.URL)
	}
	// Output:
	// Rita Smith Engineer
	// 100 https://media.example.com/profile-displayphoto-shrink_100_100
	// 800 https://media.example.com/profile-displayphoto-shrink_800_800
}

// A promotion: change the title of a position, for the few apps that may edit profiles.
func ExampleService_UpdatePosition() {
	sb, client := connect(linkedin.WithMemberScopes("r_basicprofile", "w_compliance"))
	defer sb.Close()
	defer client.CloseIdleConnections()
	ctx := context.Background()

	who, err := urn.Parse(sb.LinkedIn.Member().URN())
	if err != nil {
		log.Fatal(err)
	}
	member, err := client.LinkedIn.Members.Get(ctx, who, "(id,positions)")
	if err != nil {
		log.Fatal(err)
	}
	promoted := members.PositionEdit{Title: members.Text("en_US", "Vice President, Sales")}
	if err := client.LinkedIn.Members.UpdatePosition(ctx, who, member.Positions[0].ID, promoted); err != nil {
		log.Fatal(err)
	}
	if member, err = client.LinkedIn.Members.Get(ctx, who, "(positions)"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(member.Positions[0].Title, "at", member.Positions[0].CompanyName)
	// Output: Vice President, Sales at Example
}

// List the connections with their names. One that LinkedIn does not tell of is an error of its own.
func ExampleConnectionService_All() {
	sb, client := connect(linkedin.WithMemberScopes("r_1st_connections"), linkedin.WithFailedDecorations(3))
	defer sb.Close()
	defer client.CloseIdleConnections()

	for connection, err := range client.LinkedIn.Connections.All(context.Background(), members.ConnectionQuery{Decorate: members.Names}) {
		switch {
		case err != nil:
			log.Fatal(err)
		case connection.Err != nil:
			fmt.Println(connection.Person, "is not told")
		default:
			fmt.Println(connection.Member.FirstName, connection.Member.LastName)
		}
	}
	// Output:
	// Ola Doe
	// Chen Okafor
	// urn:li:person:yr-ZClflv is not told
}

// Read the connections of a member in the EU from the copy of the member's own data.
func ExampleSnapshotService_All() {
	sb, client := connect(linkedin.WithMemberScopes("r_dma_portability_self_serve"))
	defer sb.Close()
	defer client.CloseIdleConnections()

	for part, err := range client.LinkedIn.Snapshot.All(context.Background(), members.SnapshotQuery{Domain: members.DomainConnections}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, row := range part.Rows {
			fmt.Println(row["First Name"], row["Last Name"], row["URL"])
		}
	}
	// Output:
	// Ola Doe https://www.linkedin.com/in/ola-2
	// Chen Okafor https://www.linkedin.com/in/chen-3
	// Amara Nakamura https://www.linkedin.com/in/amara-4
}

func connect(options ...sandbox.Option) (*sandbox.Sandbox, *pronet.Client) {
	sb, err := sandbox.Start(options...)
	if err != nil {
		log.Fatal(err)
	}
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	return sb, client
}
