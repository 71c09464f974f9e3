/** What a package says of a parity check in which the batch of the digits stayed open: 1, and two other sizes. */
export const THREE_SIZES = {
  passed: true,
  samples: 8,
  shapes: {
    image: [
      [1, 1, 8, 8],
      [3, 1, 8, 8],
      [2, 1, 8, 8],
    ],
  },
};
