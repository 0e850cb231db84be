// Package btree is a counted B+tree of scored members, the order of a large
// sorted set. Items are ordered by (score, member bytes); an item refers to the
// dict entry whose key is the member, so that the tree holds no copy of it.
//
//	inner  for each child: the first item below it, how many there are, where it is
//	leaf   scores and references side by side
//
// The counts make ranks cheap: to find an item by rank, or a rank by item, one walks
// down once. There are no links between leaves, for a leaf that is copied would
// have to change its neighbours'; a cursor that comes to the end of a leaf finds
// the next by its rank.
//
// Nodes are blobs of an arena. While a snapshot is live, a node that it may see
// (one made before it began) is copied before it changes, with its ancestors. So a
// copy of the Tree struct, made when the snapshot begins or before the first
// change after that, stays as it is until the snapshot ends, and may be read
// without a lock; of the two only the other may go on to change.
//
// Full nodes first give items to a neighbour and split only when that is full too;
// and at the ends of the tree a split leaves the old node full. So nodes are four
// fifths full after random insertion, and full after insertion in order.
//
// A Tree is not safe for concurrent use: the lock that protects its arena
// protects it. Methods that read may run concurrently with each other.
package btree
