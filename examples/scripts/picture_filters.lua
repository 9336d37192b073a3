-- Filters for pictures before a model sees them. A picture that was made to mislead one model is fragile: light smoothing,
-- sharpening, noise and a JPEG of middling quality break most of what a person cannot see, and leave what a person reads.
-- Everything else is the script that ships: this one loads it by name, so `lua_path` must hold its folder
-- ("${genvmRoot}/config/?.lua"), and wraps its entry point.

require("genvm-llm-default")

local lib = require("lib-genvm")

-- GREYBOX: the order and the strengths. Noise differs from call to call; `{seed = 7}` as a third argument fixes it.
local PICTURE_FILTERS = {
  { Denoise = 0.6 },
  { Unsharpen = { 1, 4 } },
  { GaussianNoise = 0.02 },
  { JPEG = 0.75 },
}
-- What a model needs at most, pixels of the longer side: a larger picture costs more and tells no more.
local LONGER_SIDE = 2048

local inner_prompt = ExecPrompt

local function filtered(image)
  local filters = table.move(PICTURE_FILTERS, 1, #PICTURE_FILTERS, 1, {})
  local info = lib.rs.image_info(image)
  if math.max(info.width, info.height) > LONGER_SIDE then
    table.insert(filters, 1, { Resize = LONGER_SIDE })
  end
  return lib.rs.filter_image(image, filters)
end

function ExecPrompt(ctx, args, remaining_gen)
  for i, image in ipairs(args.images or {}) do
    args.images[i] = filtered(image)
  end
  return inner_prompt(ctx, args, remaining_gen)
end
