// The text that `sinkmoe heads` measures on when it is given none: plain English prose, written for
// this program.
#include "pretrained/rows/texts.h"

namespace sinkmoe::pretrained {

const char* const kDefaultText =
    R"text(The ferry left the harbour at six in the morning, while the lamps along the quay were still burning. Only nine people were on board. The captain knew all of them except one, a woman with a wooden case who had asked twice whether the boat would call at the northern islands. It would, he told her, if the wind allowed it, and the wind had been kind all week.

She found a seat near the window and put the case on her knees. Inside, wrapped in a grey cloth, lay a barometer that her grandfather had built. He had been a keeper of the lighthouse on the last island for thirty-one years, and every evening he had written down the pressure of the air, the direction of the wind, and one sentence about the day. There were eleven notebooks. Her mother had kept them in a drawer under the bread, and nobody had opened them until the house was sold.

The first notebook began with the weather and stayed with it. By the third, the sentences had grown longer. He wrote about a seal that came back every spring, about the price of oil, about a storm which took the roof of the boathouse and set it down, almost whole, on the other side of the bay. In the seventh he wrote that the barometer was wrong. It showed fair weather before the worst gale of the decade, and he did not understand why. He took it apart, cleaned each piece, and put it together again. For the rest of his life he noted two values: what the instrument said, and what he believed.

Why would a man trust his own judgement to two decimal places? She had asked a friend who taught physics, and he had laughed and said that it was not so strange. An instrument has an error that stays the same from day to day, he explained, while a person has an error that changes with sleep and hunger. If you write both down for long enough, you can learn one from the other. Her grandfather had not known the word for it, but he had done the work. At the end of the eleventh notebook there was a table with three columns and a short formula, and under it he had written: now it is right again.

Outside, the sea had turned from black to a dull green. Gulls followed the boat and dropped away, one after another, as though each had reached the end of a thread. The captain's son, a boy of perhaps twelve, came through the cabin with tea in paper cups. He looked at the case and asked what was in it. When she told him, he wanted to see it, and so she unfolded the cloth. The brass was dark, but the needle moved when the boat rose and fell.

"It is shaking," said the boy.

"It feels the height of the waves," she answered. "The air is a little thinner at the top of each one."

"A metre makes no difference."

"A very small one. He wrote about that, too. He could tell from the needle how rough the crossing was, with his eyes shut."

The boy shut his eyes, opened them again, and laughed. Then he asked the question that she had been asking herself since the spring. What was she going to do with it? The lighthouse had been empty for years; a machine on a mast now measured everything that could be measured and sent it away by radio, once in ten minutes. Nobody needed a keeper, and nobody needed his barometer.

She did not have a good answer. She had thought of hanging it on its old nail, if the nail was still there, and of reading the value once, and writing the last line of the last notebook. After that she would take the boat back. It was not a reason that you could give to a stranger, and she was a little surprised to hear herself give it to a boy with a tray. He considered it seriously. His father, he said, kept a list of all the whales he had ever seen, with dates, although there was no use in it either. There were forty-four. On some evenings they read the list aloud, and then each of them tried to remember the day.

By noon the first of the northern islands came into sight, low and brown, with a white line of surf along its foot. The engine slowed. Two men with bicycles went ashore, and a crate of apples, and a door. It took a long time to get the door over the rail, because the wind pressed against it as if it were a sail, and at last the boy had the idea of turning it round. Everyone on deck applauded.

After the second island she was the only passenger. The captain came down from the bridge and sat across from her with his own cup. He had known her grandfather, it turned out, or rather he had known his voice. When he was young and fished with his uncle, the keeper used to call the boats in the evening and read them the pressure: first the number on the dial, and then, after a short pause, the other number. The fishermen always took the second one. "We used to say that the glass was for the government," the captain told her, "and the pause was for us."

The lighthouse stood at the end of a path of flat stones. The door was locked, but the key was where the notebook said it would be. In the small round room under the lamp there was a table, a chair, and, at the height of a tall man's eyes, a nail. She hung the barometer on it and waited until the needle was still. Then she opened the last notebook, read the formula once more, and wrote the date. She wrote down what the instrument said. She looked out at the water, the clouds in the west, the grass lying flat on the hill, and for a moment she listened. After a short pause she wrote down the other number as well.
)text";

}  // namespace sinkmoe::pretrained
